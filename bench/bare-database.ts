/** node:sqlite by itself with the benchmark's tables: the floor under every write and every answer. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { comments, type Data, issues, owners } from './workloads/data.ts';
import { type Query, schema } from './workloads/queries.ts';
import { insertShape, type Shape, type Write } from './workloads/write.ts';

export class BareDatabase {
  readonly #db = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();

  load(data: Data, withComments: boolean): void {
    for (const statement of schema(withComments)) this.#db.exec(statement);
    this.#db.exec('BEGIN');
    const owner = this.#insert('owners', 'id', 'name', 'team');
    for (const row of owners(data)) owner.run(row.id, row.name, row.team);
    const issue = this.#insert('issues', 'id', 'owner_id', 'status', 'priority', 'created', 'title');
    for (const row of issues(data)) {
      issue.run(row.id, row.owner_id, row.status, row.priority, row.created, row.title);
    }
    if (withComments) {
      const comment = this.#insert('comments', 'id', 'issue_id', 'body');
      for (const row of comments(data)) comment.run(row.id, row.issue_id, row.body);
    }
    this.#db.exec('COMMIT');
  }

  prepare(sql: string): StatementSync {
    return this.#db.prepare(sql);
  }

  writer(shape: Shape): (write: Write) => unknown {
    const statement = this.#statements.get(shape.sql) ?? this.#db.prepare(shape.sql);
    this.#statements.set(shape.sql, statement);
    return (write) => statement.run(...(write.args as SQLInputValue[]));
  }

  transaction(writes: readonly Write[]): void {
    const writers = new Map(writes.map(({ shape }) => [shape, this.writer(shape)]));
    this.#db.exec('BEGIN');
    for (const write of writes) writers.get(write.shape)?.(write);
    this.#db.exec('COMMIT');
  }

  ask(query: Query): readonly object[] {
    return this.#db.prepare(query.sql).all(...query.params);
  }

  close(): void {
    this.#db.close();
  }

  #insert(...args: Parameters<typeof insertShape>): StatementSync {
    return this.#db.prepare(insertShape(...args).sql);
  }
}

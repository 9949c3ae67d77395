import { openSync } from '../../core/index.ts';
import { live } from '../../reactive/index.ts';
import type { Contender } from '../contender.ts';
import { comments, issues, owners } from '../workloads/data.ts';
import { schema } from '../workloads/queries.ts';
import { insertShape } from '../workloads/write.ts';

export function create(): Contender {
  const db = openSync(':memory:');
  return {
    mode: "in memory, schedule 'sync', subscribed to rows; prepared writes",
    told: 'changed answers',
    cannot: {},
    load: (data, withComments) => {
      for (const statement of schema(withComments)) db.exec(statement);
      db.prepare(insertShape('owners', 'id', 'name', 'team').sql).executeBatch(values(owners(data)));
      db.prepare(
        insertShape('issues', 'id', 'owner_id', 'status', 'priority', 'created', 'title').sql,
      ).executeBatch(values(issues(data)));
      if (withComments) {
        db.prepare(insertShape('comments', 'id', 'issue_id', 'body').sql).executeBatch(
          values(comments(data)),
        );
      }
    },
    watch: (query, heard) => {
      const answer = live<object>(db, query.sql, [...query.params], { schedule: 'sync' });
      const subscription = answer.subscribe((rows) => heard(rows.length, rows[0]));
      return { rows: () => answer.value ?? [], stop: () => subscription.unsubscribe() };
    },
    writer: (shape) => {
      const statement = db.prepare(shape.sql);
      return (write) => statement.execute([...write.args]);
    },
    transaction: (writes) => {
      const statements = new Map(writes.map(({ shape }) => [shape, db.prepare(shape.sql)]));
      db.transaction(() => {
        for (const write of writes) statements.get(write.shape)?.execute([...write.args]);
      });
    },
    close: () => db.close(),
  };
}

function* values<T extends object>(rows: Iterable<T>): Generator<(number | string)[]> {
  for (const row of rows) yield Object.values(row);
}

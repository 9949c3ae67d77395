/**
 * Zero's query engine (zql) without its server: MemorySource, the query builder and ArrayView, which are what the
 * client runs. The package exports none of them, so they are imported by path.
 */

import { createSchema, number, relationships, string, table } from '@rocicorp/zero';
import type { Contender, Heard, Watched } from '../../contender.ts';
import { MemorySource } from '../../node_modules/@rocicorp/zero/out/zql/src/ivm/memory-source.js';
import {
  makeSourceChangeAdd,
  makeSourceChangeEdit,
} from '../../node_modules/@rocicorp/zero/out/zql/src/ivm/source.js';
import { consume } from '../../node_modules/@rocicorp/zero/out/zql/src/ivm/stream.js';
import { QueryDelegateBase } from '../../node_modules/@rocicorp/zero/out/zql/src/query/query-delegate-base.js';
import { newQuery } from '../../node_modules/@rocicorp/zero/out/zql/src/query/query-impl.js';
import { comments, issues, owners, type TableName } from '../../workloads/data.ts';
import type { Query } from '../../workloads/queries.ts';
import type { Write } from '../../workloads/write.ts';

type Row = Record<string, string | number>;

const ownersTable = table('owners')
  .columns({ id: number(), name: string(), team: number() })
  .primaryKey('id');
const issuesTable = table('issues')
  .columns({
    id: number(),
    owner_id: number(),
    status: string(),
    priority: number(),
    created: number(),
    title: string(),
  })
  .primaryKey('id');
const commentsTable = table('comments')
  .columns({ id: number(), issue_id: number(), body: string() })
  .primaryKey('id');
const schema = createSchema({
  tables: [ownersTable, issuesTable, commentsTable],
  relationships: [
    relationships(issuesTable, ({ one, many }) => ({
      owner: one({ sourceField: ['owner_id'], destField: ['id'], destSchema: ownersTable }),
      comments: many({ sourceField: ['id'], destField: ['issue_id'], destSchema: commentsTable }),
    })),
  ],
});

/** What the client's ZeroContext does: sources by table, and views told when a transaction ends. */
class Delegate extends QueryDelegateBase {
  readonly defaultQueryComplete = true;
  readonly sources = new Map(
    Object.entries(schema.tables).map(([name, { columns, primaryKey }]) => [
      name,
      new MemorySource(name, columns, primaryKey),
    ]),
  );
  readonly #atCommit = new Set<() => void>();

  getSource(name: string) {
    return this.sources.get(name);
  }

  override onTransactionCommit(callback: () => void) {
    this.#atCommit.add(callback);
    return () => this.#atCommit.delete(callback);
  }

  commit(): void {
    for (const callback of this.#atCommit) callback();
  }
}

interface View {
  readonly data: readonly unknown[];
  addListener(listener: (data: readonly unknown[]) => void): () => void;
  destroy(): void;
}

export function create(): Contender {
  const delegate = new Delegate();
  const current = {
    owners: new Map<number, Row>(),
    issues: new Map<number, Row>(),
    comments: new Map<number, Row>(),
  };
  const views = new Map<string, { view: View; users: number }>();
  const push = ({ shape, id, patch }: Write) => {
    const rows = current[shape.table];
    const source = delegate.sources.get(shape.table) as MemorySource;
    const old = rows.get(id);
    const row = { ...old, ...patch };
    rows.set(id, row);
    consume(source.push(old ? makeSourceChangeEdit(row, old) : makeSourceChangeAdd(row)));
  };
  const fill = (name: TableName, rows: Iterable<object>) => {
    const source = delegate.sources.get(name) as MemorySource;
    for (const row of rows as Iterable<Row>) {
      current[name].set(row.id as number, row);
      consume(source.push(makeSourceChangeAdd(row)));
    }
  };
  return {
    mode: "zql in memory, no server: MemorySource (makes the indexes that queries want), ArrayView; equal queries share a view, as its React hooks do; W4 by where(), whose writes are much faster than related()'s and whose hydration is much slower",
    told: 'changed answers',
    cannot: { aggregate: 'zql has no aggregates' },
    load: (data, withComments) => {
      fill('owners', owners(data));
      fill('issues', issues(data));
      if (withComments) fill('comments', comments(data));
    },
    watch: (query, heard): Watched => {
      const key = `${query.name} ${query.params.join()}`;
      const shared = views.get(key) ?? { view: materialize(delegate, query), users: 0 };
      views.set(key, shared);
      shared.users++;
      const remove = shared.view.addListener(listener(heard));
      return {
        rows: () => shared.view.data.map((row) => flat(query, row as Nested)),
        stop: () => {
          remove();
          if (--shared.users > 0) return;
          views.delete(key);
          shared.view.destroy();
        },
      };
    },
    writer: () => (write) => {
      push(write);
      delegate.commit();
    },
    transaction: (writes) => {
      for (const write of writes) push(write);
      delegate.commit();
    },
    close: () => {},
  };
}

function listener(heard: Heard) {
  return (data: readonly unknown[]) => heard(data.length, data[0]);
}

function materialize(delegate: Delegate, query: Query): View {
  const all = newQuery(schema, 'issues');
  // A typed query for each; `as never` since the delegate's types are internal to the package.
  const asked = {
    topK: () => all.where('status', '=', 'open').orderBy('created', 'desc').limit(50),
    sorted: () => all.orderBy('created', 'desc'),
    byOwner: () => all.where('owner_id', '=', query.params[0] ?? 0),
    relation: () =>
      all.where('priority', '=', 4).related('owner').related('comments').orderBy('created', 'desc').limit(50),
    aggregate: () => all,
  }[query.name]();
  return delegate.materialize(asked as never) as unknown as View;
}

type Nested = Row & { readonly owner?: Row; readonly comments?: readonly unknown[] };

function flat(query: Query, row: Nested): object {
  return query.name === 'relation' ? { ...row, name: row.owner?.name, n: row.comments?.length } : row;
}

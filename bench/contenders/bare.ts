/** What an application does without live queries: writes, then asks again whatever reads that table. */
import { BareDatabase } from '../bare-database.ts';
import type { Contender } from '../contender.ts';
import type { TableName } from '../workloads/data.ts';
import type { Write } from '../workloads/write.ts';

export function create(): Contender {
  const db = new BareDatabase();
  const askers = new Map<TableName, Set<() => void>>([
    ['owners', new Set()],
    ['issues', new Set()],
    ['comments', new Set()],
  ]);
  const askAgain = (table: TableName) => {
    for (const ask of askers.get(table) ?? []) ask();
  };
  return {
    mode: 'node:sqlite in memory; after a write every prepared query that reads its table runs again',
    told: 'every write',
    cannot: {},
    load: (data, withComments) => db.load(data, withComments),
    watch: (query, heard) => {
      const statement = db.prepare(query.sql);
      let rows: readonly object[] = [];
      const ask = () => {
        rows = statement.all(...query.params);
        heard(rows.length, rows[0]);
      };
      for (const table of query.tables) askers.get(table)?.add(ask);
      ask();
      return {
        rows: () => rows,
        stop: () => {
          for (const table of query.tables) askers.get(table)?.delete(ask);
        },
      };
    },
    writer: (shape) => {
      const run = db.writer(shape);
      return (write) => {
        run(write);
        askAgain(shape.table);
      };
    },
    transaction: (writes: readonly Write[]) => {
      db.transaction(writes);
      for (const table of new Set(writes.map((write) => write.shape.table))) askAgain(table);
    },
    close: () => db.close(),
  };
}

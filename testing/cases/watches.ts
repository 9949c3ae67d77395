import type { Changeset, Database, WatchEvent } from '../../core/index.ts';
import { expectEqual, expectError, expectTrue } from '../expect.ts';
import type { ConformanceCase } from './case.ts';

const table = 'CREATE TABLE t(id INTEGER PRIMARY KEY, n)';
const soon = { timeoutMs: 2000 };

const changesOf = (event: WatchEvent | null): unknown =>
  event?.type === 'invalidate' || event?.type === 'change'
    ? event.row_changes.map(({ operation, before, after }) => [operation, before, after])
    : event?.type;

export const watchCases: readonly ConformanceCase[] = [
  {
    name: 'a table watch tells each commit once, with rows before and after',
    async run(db) {
      await db.exec(table);
      const watch = await db.watchTable('t');
      expectEqual((await watch.next())?.type, 'initial');
      await db.execute('INSERT INTO t VALUES (1, 5)');
      await db.execute('UPDATE t SET n = 6');
      await db.execute('INSERT OR REPLACE INTO t VALUES (1, 7)');
      expectEqual(changesOf(await watch.next(soon)), [['insert', null, { id: 1, n: 5 }]]);
      expectEqual(changesOf(await watch.next(soon)), [['update', { id: 1, n: 5 }, { id: 1, n: 6 }]]);
      expectEqual((changesOf(await watch.next(soon)) as unknown[]).length, 2, 'a delete and an insert');
      expectEqual(await watch.next(), null, 'what is left');
      watch.close();
      await expectError(() => watch.next(), { name: 'InterfaceError', code: 'CLOSED' });
    },
  },
  {
    name: 'a query watch begins with the answer',
    async run(db) {
      await db.exec(`${table}; INSERT INTO t VALUES (1, 5)`);
      const watch = await db.watchQuery('SELECT n FROM t WHERE id = ?', [1]);
      const initial = await watch.next();
      expectTrue(initial?.type === 'initial', 'it is the initial one');
      if (initial?.type === 'initial') expectEqual([initial.columns, initial.rows], [['n'], [[5]]]);
      await expectError(() => db.watchQuery('DELETE FROM t'), { code: 'WATCH' });
    },
  },
  {
    name: 'work that was rolled back is told to nobody',
    async run(db) {
      await db.exec(table);
      const stream = await db.changeStream();
      if ((await stream.next())?.type !== 'initial') throw new Error('a stream begins with its state');
      const tx = await db.begin();
      await tx.execute('INSERT INTO t VALUES (1, 1)');
      await tx.rollback();
      await expectError(() => db.execute('INSERT INTO t VALUES (1, 1), (1, 2)'), { code: 'CONSTRAINT' });
      await db.execute('INSERT INTO t VALUES (2, 2)');
      expectEqual(changesOf(await stream.next(soon)), [['insert', null, { id: 2, n: 2 }]]);
      stream.close();
    },
  },
  {
    name: 'closing the watch wakes who waits for it',
    async run(db) {
      await db.exec(table);
      const watch = await db.watchTable('t');
      await watch.next();
      const waiting = watch.next({ timeoutMs: 60_000 });
      watch.close();
      expectEqual((await waiting)?.type, 'closed');
    },
  },
  {
    name: 'listeners get every commit in order',
    async run(_db, { db }) {
      await db.exec(table);
      const heard: Changeset[] = [];
      const off = await (db as Database).subscribe((changeset) => heard.push(changeset));
      for (let i = 1; i <= 3; i++) await db.execute('INSERT INTO t VALUES (?, ?)', [i, i]);
      expectEqual(
        heard.map(({ row_changes }) => row_changes[0]?.after),
        [1, 2, 3].map((i) => ({ id: i, n: i })),
      );
      const lsns = heard.map(({ commit_lsn }) => commit_lsn);
      expectEqual(
        lsns.toSorted((a, b) => a - b),
        lsns,
        'their numbers',
      );
      off();
      await db.execute('DELETE FROM t');
      expectEqual(heard.length, 3, 'what was heard afterwards');
    },
  },
];

import type { Database, DatabaseSync } from '../../core/index.ts';
import { expectEqual, expectError, expectTrue } from '../expect.ts';
import type { ConformanceCase } from './case.ts';

const table = 'CREATE TABLE t(id INTEGER PRIMARY KEY, n)';
const numbers = 'SELECT id FROM t ORDER BY id';

export const transactionCases: readonly ConformanceCase[] = [
  {
    name: 'begin, then commit or rollback',
    async run(db) {
      await db.exec(table);
      const first = await db.begin();
      await first.execute('INSERT INTO t(id) VALUES (1)');
      expectEqual(await first.query(numbers), [{ id: 1 }], 'what it sees itself');
      await first.commit();
      const second = await db.begin();
      await second.execute('INSERT INTO t(id) VALUES (2)');
      await second.rollback();
      expectEqual(await db.query(numbers), [{ id: 1 }]);
      expectEqual([first.isOpen, second.isOpen], [false, false], 'whether they are open');
      await expectError(() => first.execute('INSERT INTO t(id) VALUES (3)'), { code: 'TRANSACTION' });
      await expectError(() => first.commit(), { code: 'TRANSACTION' });
    },
  },
  {
    name: 'BEGIN in SQL is a transaction, too',
    needs: { isAsync: false },
    async run(db) {
      await db.exec(table);
      await db.execute('BEGIN');
      await db.execute('INSERT INTO t(id) VALUES (1)');
      expectTrue(db.inTransaction, 'it is open');
      await db.execute('ROLLBACK');
      expectEqual([db.inTransaction, (await db.query(numbers)).length], [false, 0]);
    },
  },
  {
    name: 'BEGIN in SQL, which other callers would get into, is for scripts that end it',
    needs: { isAsync: true },
    async run(db) {
      await db.exec(table);
      for (const sql of ['BEGIN', 'SAVEPOINT s', 'BEGIN; INSERT INTO t(id) VALUES (1)']) {
        await expectError(() => db.exec(sql), { code: 'TRANSACTION', subcode: 'transaction.in_sql' });
      }
      await expectError(() => db.execute('BEGIN'), { code: 'TRANSACTION', subcode: 'transaction.in_sql' });
      await db.execute('INSERT INTO t(id) VALUES (2)');
      await db.exec('BEGIN; INSERT INTO t(id) VALUES (3); COMMIT');
      expectEqual([db.inTransaction, await db.query(numbers)], [false, [{ id: 2 }, { id: 3 }]]);
    },
  },
  {
    name: 'what the function of a transaction does after SQLite has rolled it back is refused',
    async run(_db, { db, engine }) {
      await db.exec('CREATE TABLE u(id UNIQUE ON CONFLICT ROLLBACK); INSERT INTO u VALUES (1)');
      const calls = (tx: { execute(sql: string): unknown }): (() => Promise<unknown>)[] =>
        ['INSERT INTO u VALUES (1)', 'INSERT INTO u VALUES (2)'].map(
          (sql) => () => expectError(() => tx.execute(sql), {}),
        );
      await expectError(
        async () =>
          engine.can.isAsync
            ? (db as Database).transaction(async (tx) => {
                for (const call of calls(tx)) await call();
              })
            : (db as DatabaseSync).transaction((tx) => {
                for (const call of calls(tx)) void call();
              }),
        { code: 'TRANSACTION', subcode: 'transaction.undone' },
      );
      expectEqual(await db.query('SELECT id FROM u'), [{ id: 1 }]);
    },
  },
  {
    name: 'savepoints that overlap lose no row that was acknowledged, and their handles end with them',
    needs: { isAsync: true },
    async run(_db, situation) {
      const db = situation.db as Database;
      await db.exec(table);
      const kept: unknown[] = [];
      await db.transaction(async (tx) => {
        let ended = tx;
        const outcomes = await Promise.allSettled(
          [1, 2, 3, 4].map((id) =>
            tx.savepoint(async (sp) => {
              ended = sp;
              await sp.execute('INSERT INTO t(id) VALUES (?)', [id]);
              if (id % 2 === 0) throw new Error('undo this');
              return { id };
            }),
          ),
        );
        for (const one of outcomes) if (one.status === 'fulfilled') kept.push(one.value);
        await expectError(() => ended.execute('INSERT INTO t(id) VALUES (9)'), { code: 'TRANSACTION' });
      });
      expectEqual(await db.query(numbers), kept);
    },
  },
  {
    name: 'a failed statement leaves the transaction open, and a failed commit does',
    async run(db) {
      await db.exec(
        `${table}; CREATE TABLE child(t REFERENCES t(id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO t(id) VALUES (1)`,
      );
      const tx = await db.begin();
      await expectError(() => tx.execute('INSERT INTO t(id) VALUES (1)'), { code: 'CONSTRAINT' });
      await tx.execute('INSERT INTO child VALUES (9)');
      await expectError(() => tx.commit(), { subcode: 'constraint.foreign_key' });
      await tx.execute('INSERT INTO t(id) VALUES (9)');
      await tx.commit();
      expectEqual(await db.query(numbers), [{ id: 1 }, { id: 9 }]);
    },
  },
  {
    name: 'transactions of functions commit, roll back and nest',
    needs: { isAsync: true },
    async run(_db, situation) {
      const db = situation.db as Database;
      await db.exec(table);
      const insert = 'INSERT INTO t(id) VALUES (?)';
      const given = await db.transaction(async (tx) => {
        await tx.execute(insert, [1]);
        await expectError(
          () =>
            tx.savepoint(async (inner) => {
              await inner.execute(insert, [2]);
              throw new Error('undo this');
            }),
          {},
        );
        await tx.savepoint((inner) => inner.execute(insert, [3]));
        return 'result';
      });
      expectEqual(given, 'result');
      await expectError(
        () =>
          db.transaction(async (tx) => {
            await tx.execute(insert, [4]);
            throw new Error('undo all');
          }),
        {},
      );
      expectEqual(await db.query(numbers), [{ id: 1 }, { id: 3 }]);
    },
  },
  {
    name: 'nobody comes into the transaction of another',
    needs: { isAsync: true },
    async run(_db, situation) {
      const db = situation.db as Database;
      await db.exec(table);
      const order: string[] = [];
      const tx = await db.begin();
      const others = [1, 2, 3].map((id) =>
        db
          .execute('INSERT INTO t(id, n) VALUES (?, (SELECT count(*) FROM t))', [id])
          .then(() => order.push(`other ${id}`)),
      );
      const second = db.transaction(async (inner) => {
        order.push('second');
        await inner.execute('INSERT INTO t(id, n) VALUES (50, (SELECT count(*) FROM t))');
      });
      for (const id of [10, 11]) await tx.execute('INSERT INTO t(id) VALUES (?)', [id]);
      order.push('first');
      await tx.commit();
      await Promise.all([...others, second]);
      expectEqual(order[0], 'first', 'who came first');
      const [{ n } = { n: null }] = await db.query('SELECT n FROM t WHERE id = 1');
      expectEqual(n, 2, 'what the next one found');
      expectEqual((await db.query(numbers)).length, 6, 'the number of rows');
    },
  },
  {
    name: 'a rolled back transaction gives way to those who wait',
    needs: { isAsync: true },
    async run(_db, situation) {
      const db = situation.db as Database;
      await db.exec(`${table}; INSERT INTO t(id) VALUES (1)`);
      const tx = await db.begin('immediate');
      const waiting = db.query(numbers);
      await expectError(() => tx.execute('INSERT OR ROLLBACK INTO t(id) VALUES (1)'), { code: 'CONSTRAINT' });
      expectEqual(await waiting, [{ id: 1 }]);
      await expectError(() => tx.execute('INSERT INTO t(id) VALUES (2)'), { code: 'TRANSACTION' });
    },
  },
];

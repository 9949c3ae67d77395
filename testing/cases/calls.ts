import { expectEqual, expectError, expectTrue } from '../expect.ts';
import type { ConformanceCase } from './case.ts';

const items = 'CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n INTEGER)';

export const callCases: readonly ConformanceCase[] = [
  {
    name: 'execute tells what changed',
    async run(db) {
      await db.exec(items);
      expectEqual(await db.execute("INSERT INTO item VALUES (7, 'a', 1)"), {
        changes: 1,
        lastInsertRowid: 7,
      });
      expectEqual((await db.execute('UPDATE item SET n = 2 WHERE id > 99')).changes, 0);
      expectEqual((await db.execute('DELETE FROM item')).changes, 1);
    },
  },
  {
    name: 'every style of parameters binds',
    async run(db) {
      expectEqual(await db.queryOne('SELECT ? AS a, ? AS b', [1, 2]), { a: 1, b: 2 });
      expectEqual(await db.queryOne('SELECT ?2 AS a, ?1 AS b', [1, 2]), { a: 2, b: 1 });
      expectEqual(await db.queryOne('SELECT $1 AS a, $2 AS b', [1, 2]), { a: 1, b: 2 });
      expectEqual(await db.queryOne('SELECT :x AS a, @y AS b, $z AS c', { x: 1, y: 2, z: 3 }), {
        a: 1,
        b: 2,
        c: 3,
      });
      await expectError(() => db.query('SELECT ?', []), { code: 'PARAMETER' });
      await expectError(() => db.query('SELECT ?', [1, 2]), { code: 'PARAMETER' });
      await expectError(() => db.query('SELECT :x', { y: 1 }), { code: 'PARAMETER' });
    },
  },
  {
    name: 'queryOne gives the first row or null, fetchOne insists',
    async run(db) {
      expectEqual(await db.queryOne('SELECT 1 AS a UNION ALL SELECT 2'), { a: 1 });
      expectEqual(await db.queryOne('SELECT 1 WHERE 0'), null);
      expectEqual(await db.fetchOne('SELECT 3 AS a'), { a: 3 });
      await expectError(() => db.fetchOne('SELECT 1 WHERE 0'), { name: 'OperationalError', code: 'NO_ROW' });
    },
  },
  {
    name: 'errors keep their class, code and place',
    async run(db) {
      await db.exec(`${items}; INSERT INTO item VALUES (1, 'a', 1)`);
      await expectError(() => db.execute("INSERT INTO item VALUES (2, 'a', 1)"), {
        name: 'IntegrityError',
        code: 'CONSTRAINT',
        subcode: 'constraint.unique',
      });
      const error = (await expectError(() => db.execute('INSERT INTO item VALUES (2, NULL, 1)'), {
        subcode: 'constraint.not_null',
      })) as { table?: string; column?: string; retryable?: boolean; cause?: unknown };
      expectEqual([error.table, error.column, error.retryable], ['item', 'name', false], 'its place');
      expectTrue(error.cause !== undefined, 'its cause is kept');
      await expectError(() => db.query('SELEC 1'), { name: 'ProgrammingError', subcode: 'sql.syntax' });
      await expectError(() => db.query('SELECT * FROM nowhere'), { subcode: 'sql.relation_not_found' });
      await expectError(() => db.execute('SELECT 1; SELECT 2'), { subcode: 'sql.multiple_statements' });
    },
  },
  {
    name: 'a batch is all or nothing',
    async run(db) {
      await db.exec(items);
      const sql = 'INSERT INTO item(name) VALUES (?)';
      expectEqual(await db.executeBatch(sql, [['a'], ['b']]), { changes: 2 });
      await expectError(() => db.executeBatch(sql, [['c'], ['a']]), { subcode: 'constraint.unique' });
      expectEqual(await db.executeBatch(sql, []), { changes: 0 });
      expectEqual(await db.query('SELECT name FROM item ORDER BY 1'), [{ name: 'a' }, { name: 'b' }]);
    },
  },
  {
    name: 'a script runs up to its error',
    async run(db) {
      await expectError(
        () => db.exec('CREATE TABLE a(x); INSERT INTO a VALUES (1); INSERT INTO nowhere VALUES (1)'),
        {
          subcode: 'sql.relation_not_found',
        },
      );
      expectEqual(await db.query('SELECT x FROM a'), [{ x: 1 }]);
    },
  },
  {
    name: 'iteration gives all rows in order, and may be left early',
    async run(db) {
      const sql =
        'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000) SELECT x FROM c';
      let sum = 0;
      for await (const row of db.iterate(sql)) sum += row.x as number;
      expectEqual(sum, 500_500, 'the sum of all');
      for await (const row of db.iterate(sql)) if (row.x === 3) break;
      await db.exec('CREATE TABLE free(x); DROP TABLE free');
    },
  },
  {
    name: 'prepared statements run often, and survive a change of the schema',
    async run(db) {
      await db.exec(items);
      await expectError(() => db.prepare('SELEC'), { subcode: 'sql.syntax' });
      const insert = await db.prepare('INSERT INTO item(name) VALUES (?)');
      const all = await db.prepare('SELECT * FROM item ORDER BY id');
      await insert.execute(['a']);
      await db.exec('ALTER TABLE item ADD COLUMN more DEFAULT 5');
      await insert.execute(['b']);
      expectEqual(await all.query(), [
        { id: 1, name: 'a', n: null, more: 5 },
        { id: 2, name: 'b', n: null, more: 5 },
      ]);
    },
  },
  {
    name: 'foreign keys are enforced',
    async run(db) {
      await db.exec('CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(a REFERENCES a)');
      await expectError(() => db.execute('INSERT INTO b VALUES (1)'), { subcode: 'constraint.foreign_key' });
    },
  },
  {
    name: 'JSON, full-text search and window functions are there',
    async run(db) {
      await db.exec("CREATE VIRTUAL TABLE f USING fts5(t); INSERT INTO f VALUES ('the roof leaks')");
      expectEqual(await db.query("SELECT t FROM f WHERE f MATCH 'roof'"), [{ t: 'the roof leaks' }]);
      expectEqual(await db.queryOne(`SELECT '{"a":[1,2]}' ->> '$.a[1]' AS v`), { v: 2 });
      expectEqual(await db.query('SELECT sum(column1) OVER (ORDER BY column1) AS s FROM (VALUES (1), (2))'), [
        { s: 1 },
        { s: 3 },
      ]);
    },
  },
  {
    name: 'a closed database refuses, and closing it again does nothing',
    async run(_db, { engine }) {
      const db = await engine.open();
      await db.close();
      await db.close();
      await expectError(() => db.query('SELECT 1'), { name: 'InterfaceError', code: 'CLOSED' });
      await expectError(() => db.execute('SELECT 1'), { name: 'InterfaceError', code: 'CLOSED' });
    },
  },
  {
    name: 'an aborted call rejects with the reason of its signal',
    needs: { isAsync: true },
    async run(_db, { db }) {
      const reason = new Error('not wanted any more');
      const query = db.query as (
        sql: string,
        params: [],
        options: { signal: AbortSignal },
      ) => Promise<unknown>;
      const long =
        'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 300000) SELECT max(x) FROM c';
      const abort = new AbortController();
      const call = query.call(db, long, [], { signal: abort.signal });
      abort.abort(reason);
      expectTrue((await expectError(() => call, {})) === reason, 'it is the reason');
      const late = AbortSignal.abort(reason);
      expectTrue(
        (await expectError(() => query.call(db, 'SELECT 1', [], { signal: late }), {})) === reason,
        'at once',
      );
      expectEqual(await db.query('SELECT 1 AS a'), [{ a: 1 }], 'what comes after');
    },
  },
];

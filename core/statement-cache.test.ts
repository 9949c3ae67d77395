import { type DatabaseSync, type OpenOptions, openSync } from 'freshet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bare, opened, temporaryFile } from '../tests/support/opening.ts';
import { thrownBy } from '../tests/support/thrown.ts';

const [a, b, c] = ["SELECT 'a' AS x", "SELECT 'b' AS x", "SELECT 'c' AS x"];

/** Whether each of `texts` is found compiled when it is queried. */
function found(db: DatabaseSync, ...texts: readonly string[]): boolean[] {
  return texts.map((sql) => {
    const before = db.statementCacheStats;
    db.query(sql);
    const after = db.statementCacheStats;
    expect(after.hits + after.misses).toBe(before.hits + before.misses + 1);
    return after.hits > before.hits;
  });
}

/** The warnings of a database that has looked statements up and then closed. */
function warningsOf(hits: number, misses: number, options: OpenOptions = {}): string[][] {
  const warnings: string[][] = [];
  const db = openSync(':memory:', { onWarning: (...warning) => warnings.push(warning), ...options });
  for (let n = 0; n < misses; n++) db.query(`SELECT ${n}`);
  for (let n = 0; n < hits; n++) db.query(`SELECT ${misses - 1}`);
  expect(db.statementCacheStats).toMatchObject({ hits, misses });
  expect(warnings).toEqual([]);
  db.close();
  db.close();
  return warnings;
}

describe('the statement cache', () => {
  it('reports hits, misses, size and capacity', () => {
    const db = opened(':memory:', { statementCacheSize: 2 });
    expect(db.statementCacheStats).toEqual({ hits: 0, misses: 0, size: 0, capacity: 2 });
    db.query(a);
    expect(db.statementCacheStats).toEqual({ hits: 0, misses: 1, size: 1, capacity: 2 });
    db.query(a);
    db.queryOne(a);
    db.prepare(a);
    expect(db.statementCacheStats).toEqual({ hits: 3, misses: 1, size: 1, capacity: 2 });
    db.query(b);
    db.query(c);
    expect(db.statementCacheStats).toEqual({ hits: 3, misses: 3, size: 2, capacity: 2 });
    expect(opened().statementCacheStats.capacity).toBe(128);
  });

  it('evicts the least recently used statement', () => {
    const db = opened(':memory:', { statementCacheSize: 2 });
    expect(found(db, a, b)).toEqual([false, false]);
    // `a` is used again, so `c` takes the place of `b`.
    expect(found(db, a, c, a, b)).toEqual([true, false, true, false]);
    // Now `b` has taken the place of `c`.
    expect(found(db, a, b, c)).toEqual([true, true, false]);
  });

  it('of one place holds the last statement', () => {
    const db = opened(':memory:', { statementCacheSize: 1 });
    expect(found(db, a, a, b, b, a)).toEqual([false, true, false, true, false]);
    expect(db.statementCacheStats.size).toBe(1);
  });

  it('tells texts apart by every character, and keeps none that failed to compile', () => {
    const db = opened();
    expect(found(db, 'SELECT 1', 'SELECT  1', 'select 1', 'SELECT 1;')).toEqual([false, false, false, false]);
    for (let round = 0; round < 3; round++) thrownBy(() => db.query('SELEC 1'));
    expect(db.statementCacheStats).toMatchObject({ hits: 0, size: 4 });
  });

  it('serves every way to a statement: execute, the read calls, prepare, batches and transactions', () => {
    const db = opened();
    db.exec('CREATE TABLE t (x)');
    const sql = 'INSERT INTO t VALUES (1)';
    const { hits, misses } = db.statementCacheStats;
    db.execute(sql);
    db.query(sql);
    db.queryOne(sql);
    db.queryRaw(sql);
    expect([...db.iterate(sql)]).toEqual([]);
    db.prepare(sql).execute();
    expect(db.statementCacheStats).toMatchObject({ hits: hits + 5, misses: misses + 1 });
    db.executeBatch(sql, [[]]);
    db.transaction((tx) => tx.execute(sql));
    expect(found(db, sql)).toEqual([true]);
    expect(db.query('SELECT x FROM t')).toHaveLength(9);
  });

  it.each([
    ['execute with RETURNING', 'INSERT INTO t VALUES (?, 1) RETURNING id', 1],
    ['a rowid past 2^53', 'INSERT INTO t VALUES (?, 1)', 2n ** 60n],
  ])('is not emptied by %s, watched or not', (_what, sql, first) => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, x)');
    const stays = (from: bigint): void => {
      // The first one may find the schema of `temp` changed.
      db.execute(sql, [from]);
      db.query(a);
      db.execute(sql, [from + 1n]);
      expect(found(db, a)).toEqual([true]);
    };
    stays(BigInt(first));
    db.subscribe(() => {});
    stays(BigInt(first) + 2n);
  });

  it('does not disturb a prepared statement or an iteration whose text it has evicted', () => {
    const db = opened(':memory:', { statementCacheSize: 1 });
    db.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)');
    const statement = db.prepare('SELECT x FROM t ORDER BY x');
    const rows = statement.iterate();
    expect(rows.next().value).toEqual({ x: 1 });
    for (let n = 0; n < 20; n++) db.query(`SELECT ${n}`);
    expect(rows.next().value).toEqual({ x: 2 });
    expect(statement.query()).toEqual([{ x: 1 }, { x: 2 }]);
  });

  it('compiles again what another schema has outdated, and counts that as a miss', () => {
    const path = temporaryFile();
    const db = opened(path);
    db.exec('CREATE TABLE t (x)');
    expect(found(db, 'SELECT * FROM t', 'SELECT * FROM t')).toEqual([false, true]);
    db.exec('ALTER TABLE t ADD COLUMN y');
    expect(found(db, 'SELECT * FROM t', 'SELECT * FROM t')).toEqual([false, true]);
    expect(db.queryRaw('SELECT * FROM t').columns).toEqual(['x', 'y']);
    bare(path).exec('ALTER TABLE t ADD COLUMN z');
    expect(db.queryRaw('SELECT * FROM t').columns).toEqual(['x', 'y', 'z']);
  });

  it('is each handle’s own', () => {
    const path = temporaryFile();
    const [first, second] = [opened(path), opened(path)];
    first.query(a);
    first.query(a);
    expect(second.statementCacheStats).toMatchObject({ hits: 0, misses: 0, size: 0 });
  });
});

describe('closing warns when less than half of 100 or more look-ups were found', () => {
  it.each([
    [49, 51, 1],
    [0, 100, 1],
    [0, 500, 1],
    [100, 101, 1],
    [50, 50, 0],
    [51, 49, 0],
    [0, 99, 0],
    [48, 51, 0],
    [101, 100, 0],
  ])('%i hits and %i misses give %i warnings', (hits, misses, count) => {
    expect(warningsOf(hits, misses)).toHaveLength(count);
  });

  it('once, as a PerformanceWarning that tells the numbers and the remedy', () => {
    const [warning] = warningsOf(7, 143);
    expect(warning?.[0]).toMatch(/\b7 of 150\b.*statementCacheSize/s);
    expect(warning?.[1]).toBe('PerformanceWarning');
  });

  it('also when the cache was just too small', () => {
    const warnings: string[] = [];
    const db = openSync('', { statementCacheSize: 2, onWarning: (message) => warnings.push(message) });
    for (let n = 0; n < 120; n++) db.query(`SELECT ${n % 3}`);
    db.close();
    expect(warnings).toHaveLength(1);
  });

  it("as a 'warning' event of the process, where no onWarning is given", async () => {
    const { promise: warned, resolve } = Promise.withResolvers<Error>();
    const listen = (warning: Error): void => {
      if (warning.name === 'PerformanceWarning') resolve(warning);
    };
    process.on('warning', listen);
    onTestFinished(() => void process.off('warning', listen));
    const db = openSync(':memory:');
    for (let n = 0; n < 100; n++) db.query(`SELECT ${n}`);
    db.close();
    expect((await warned).message).toContain('0 of 100');
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync, openSync } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, fileWith, opened, temporaryFile, temporaryFolder } from '../tests/support/opening.ts';
import { OtherProcess } from '../tests/support/other-process.ts';
import { errcodeOf, failure, thrownBy } from '../tests/support/thrown.ts';

describe('missing table or syntax → ProgrammingError', () => {
  const schema = 'CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t';

  it.each([
    ['SELECT * FROM missing', 'sql.relation_not_found', '42P01'],
    ['SELECT * FROM main.missing', 'sql.relation_not_found', '42P01'],
    ['INSERT INTO missing VALUES (1)', 'sql.relation_not_found', '42P01'],
    ['DROP TABLE missing', 'sql.relation_not_found', '42P01'],
    ['DROP VIEW missing', 'sql.relation_not_found', '42P01'],
    ['SELECT missing FROM t', 'sql.column_not_found', '42703'],
    ['SELECT t.missing FROM t', 'sql.column_not_found', '42703'],
    ['UPDATE t SET missing = 1', 'sql.column_not_found', '42703'],
    ['INSERT INTO t (missing) VALUES (1)', 'sql.column_not_found', '42703'],
    ['SELECT missing(1)', 'sql.function_not_found', '42883'],
    ['SELEC 1', 'sql.syntax', '42601'],
    ['SELECT', 'sql.syntax', '42601'],
    ['SELECT * FROM t WHERE', 'sql.syntax', '42601'],
    ["SELECT 'unfinished", 'sql.syntax', '42601'],
    ['SELECT 1 1', 'sql.syntax', '42601'],
    ['', 'sql.empty', undefined],
    ['SELECT 1; SELECT 2', 'sql.multiple_statements', '42601'],
    ['INSERT INTO t VALUES (1, 2)', 'sql.error', '42000'],
    ['SELECT abs(1, 2, 3)', 'sql.error', '42000'],
    ['SELECT a FROM t, t AS u', 'sql.error', '42000'],
    ['INSERT INTO v VALUES (1)', 'sql.error', '42000'],
    ['CREATE TABLE t (a)', 'sql.error', '42000'],
    ["SELECT json('{')", 'sql.error', '42000'],
  ])('%s', (sql, subcode, sqlstate) => {
    const error = failure(schema, sql);
    expect({ name: error.name, code: error.code, subcode: error.subcode, sqlstate: error.sqlstate }).toEqual({
      name: 'ProgrammingError',
      code: 'SQL',
      subcode,
      sqlstate,
    });
  });

  it('the message and the cause are SQLite’s own', () => {
    for (const sql of [
      'SELECT * FROM missing',
      'SELEC 1',
      'SELECT missing(1)',
      'INSERT INTO t VALUES (1, 2)',
    ]) {
      const error = failure(schema, sql);
      const oracle = bare(':memory:');
      oracle.exec(schema);
      const [said = ''] = error.message.split('\n');
      expect(() => oracle.prepare(sql), sql).toThrow(said);
      expect((error.cause as Error).message).toBe(said);
      expect(errcodeOf(error)).toBe(1);
    }
  });
});

describe('busy, full, unreadable → OperationalError', () => {
  const schema = 'CREATE TABLE t (a); INSERT INTO t VALUES (1)';
  const busy = {
    name: 'OperationalError',
    code: 'BUSY',
    retryable: true,
    permanent: false,
    sqlstate: '55P03',
  };
  const writes: readonly [name: string, write: (db: DatabaseSync) => unknown][] = [
    ['execute', (db) => db.execute('UPDATE t SET a = 2')],
    ['exec', (db) => db.exec('UPDATE t SET a = 2')],
    ['a query that writes', (db) => db.query('UPDATE t SET a = 2 RETURNING a')],
    ['executeBatch', (db) => db.executeBatch('UPDATE t SET a = ?', [[2]])],
    ['a prepared statement', (db) => db.prepare('UPDATE t SET a = 2').execute()],
    ['transaction', (db) => db.transaction((tx) => tx.execute('UPDATE t SET a = 2'))],
    [
      'an immediate transaction',
      (db) => db.transaction((tx) => tx.execute('UPDATE t SET a = 2'), 'immediate'),
    ],
    ['CREATE TABLE', (db) => db.exec('CREATE TABLE u (x)')],
  ];

  it.each(
    writes,
  )('a lock of another program makes %s BUSY and retryable; it works when the lock is gone', (_name, write) => {
    for (const busyTimeoutMs of [0, 1]) {
      const path = fileWith(schema);
      const db = opened(path, { busyTimeoutMs });
      const other = bare(path);
      other.exec('BEGIN IMMEDIATE; UPDATE t SET a = 3');
      expect(thrownBy(() => write(db))).toMatchObject({ ...busy, subcode: 'busy.writer_lock' });
      expect(db.inTransaction).toBe(false);
      expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
      other.exec('ROLLBACK');
      write(db);
      expect(db.inTransaction).toBe(false);
    }
  });

  it('a lock of another process does the same', async () => {
    const path = fileWith(schema);
    const other = await OtherProcess.start(path);
    const db = opened(path, { busyTimeoutMs: 1 });
    await other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => db.execute('DELETE FROM t'))).toMatchObject(busy);
    expect(thrownBy(() => db.begin('immediate'))).toMatchObject(busy);
    await other.exec('ROLLBACK');
    expect(db.execute('DELETE FROM t').changes).toBe(1);
  });

  it('a lock that is taken inside a transaction leaves that open, to try again', () => {
    const path = fileWith(schema);
    const db = opened(path, { busyTimeoutMs: 0 });
    const other = bare(path);
    const tx = db.begin();
    other.exec('BEGIN IMMEDIATE');
    expect(thrownBy(() => tx.execute('UPDATE t SET a = 2'))).toMatchObject(busy);
    other.exec('ROLLBACK');
    expect(tx.isOpen).toBe(true);
    tx.execute('UPDATE t SET a = 2');
    tx.commit();
  });

  it('a snapshot that another commit has outrun can’t write: BUSY until the transaction ends', () => {
    const path = fileWith(schema);
    const db = opened(path, { busyTimeoutMs: 0 });
    const tx = db.begin();
    tx.query('SELECT a FROM t');
    bare(path).exec('UPDATE t SET a = 5');
    const error = thrownBy(() => tx.execute('UPDATE t SET a = a + 1'));
    expect(errcodeOf(error)).toBe(517);
    expect(error).toMatchObject({ code: 'BUSY' });
    tx.rollback();
    db.execute('UPDATE t SET a = a + 1');
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 6 }]);
  });

  it('a reader elsewhere makes COMMIT busy with a rollback journal, and the transaction stays open for another try', () => {
    const path = fileWith(schema, 'delete');
    const db = opened(path, { busyTimeoutMs: 0 });
    const other = bare(path);
    other.exec('BEGIN; SELECT * FROM t');
    const reading = other.prepare('SELECT a FROM t').iterate();
    reading.next();
    const tx = db.begin();
    tx.execute('UPDATE t SET a = 2');
    expect(thrownBy(() => tx.commit())).toMatchObject(busy);
    expect(tx.isOpen).toBe(true);
    reading.return?.();
    other.exec('COMMIT');
    tx.commit();
    expect(other.prepare('SELECT a FROM t').get()).toEqual({ a: 2 });
  });

  it('an exclusive lock makes opening and reading busy, and takes no file with it', () => {
    const path = fileWith(schema, 'delete');
    const other = bare(path);
    const early = opened(path, { busyTimeoutMs: 0 });
    other.exec('BEGIN EXCLUSIVE');
    expect(thrownBy(() => openSync(path, { busyTimeoutMs: 0 }))).toMatchObject(busy);
    expect(thrownBy(() => early.query('SELECT a FROM t'))).toMatchObject(busy);
    expect(thrownBy(() => [...early.iterate('SELECT a FROM t')])).toMatchObject(busy);
    other.exec('ROLLBACK');
    expect(early.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('a full database is FULL, and what was there stays', () => {
    const db = opened();
    db.exec(`${schema}; PRAGMA max_page_count = 4`);
    expect(thrownBy(() => db.execute('INSERT INTO t VALUES (zeroblob(100000))'))).toMatchObject({
      name: 'OperationalError',
      code: 'FULL',
      sqlstate: '53100',
    });
    expect(db.query('SELECT a FROM t')).toEqual([{ a: 1 }]);
  });

  it('a read-only database is READONLY', () => {
    const db = opened(fileWith(schema), { readOnly: true });
    expect(thrownBy(() => db.execute('DELETE FROM t'))).toMatchObject({
      name: 'OperationalError',
      code: 'READONLY',
      sqlstate: '25006',
    });
  });

  it('a file that can’t be attached is IO, a damaged one CORRUPTION', () => {
    const db = opened();
    const missing = join(temporaryFolder(), 'missing', 'x.db');
    expect(thrownBy(() => db.execute('ATTACH ? AS x', [missing]))).toMatchObject({
      name: 'OperationalError',
      code: 'IO',
    });
    const letter = temporaryFile();
    writeFileSync(letter, 'Dear Sir or Madam, '.repeat(500));
    expect(thrownBy(() => db.execute('ATTACH ? AS x', [letter]))).toMatchObject({
      name: 'DatabaseError',
      code: 'CORRUPTION',
    });
  });

  it('transaction control in the wrong state is TRANSACTION', () => {
    for (const [script, sql] of [
      ['BEGIN', 'BEGIN'],
      ['', 'COMMIT'],
      ['', 'ROLLBACK'],
      ['BEGIN', 'RELEASE missing'],
      ['BEGIN', 'ROLLBACK TO missing'],
      ['BEGIN', 'VACUUM'],
    ] as const) {
      expect(failure(script, sql), sql).toMatchObject({ name: 'OperationalError', code: 'TRANSACTION' });
    }
  });
});

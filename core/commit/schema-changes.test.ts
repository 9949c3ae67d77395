import type { DatabaseSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { fileWith, opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v UNIQUE CHECK (v <> 'bad'));
  CREATE TABLE c (id INTEGER PRIMARY KEY, t REFERENCES t DEFERRABLE INITIALLY DEFERRED);
  CREATE TABLE strict_c (id INTEGER PRIMARY KEY, t REFERENCES t);
  CREATE TRIGGER abort BEFORE INSERT ON t WHEN NEW.v = 'abort' BEGIN SELECT RAISE(ABORT, 'no'); END;
  CREATE TRIGGER fail AFTER INSERT ON t WHEN NEW.v = 'fail' BEGIN SELECT RAISE(FAIL, 'no'); END;
  CREATE TRIGGER rollback AFTER INSERT ON t WHEN NEW.v = 'rollback' BEGIN SELECT RAISE(ROLLBACK, 'no'); END;
  INSERT INTO t VALUES (1, 'a'), (2, 'b');
`;

describe('DDL emits schema_changed with a new schema_cookie', () => {
  test.for<[sql: string, tables: readonly string[]]>([
    ['CREATE TABLE n (x)', ['n']],
    ['CREATE TABLE n AS SELECT * FROM t', ['n']],
    ['ALTER TABLE t ADD COLUMN w DEFAULT 5', ['t']],
    ['ALTER TABLE t RENAME COLUMN id TO key', ['t']],
    ['ALTER TABLE strict_c RENAME TO lax', ['lax', 'strict_c']],
    ['ALTER TABLE wide DROP COLUMN b', ['wide']],
    ['DROP TABLE strict_c', ['strict_c']],
    ['CREATE INDEX i ON t (v, id)', ['t']],
    ['CREATE UNIQUE INDEX i ON c (t)', ['c']],
    ['CREATE VIEW w AS SELECT * FROM t', []],
    ['CREATE TRIGGER g AFTER DELETE ON t BEGIN DELETE FROM c; END', []],
    ['DROP TRIGGER fail', []],
    ['VACUUM', []],
  ])('%s', async ([sql, tables]) => {
    const db = opened();
    db.exec(schema);
    db.exec('CREATE TABLE wide (a, b)');
    const [stream, watch] = [db.changeStream(), db.watchTable('t')];
    const { schema_cookie } = await take(stream, 'initial');
    await started(watch);
    db.execute(sql);
    const event = await take(stream, 'change');
    expect(event.schema_cookie).toBeGreaterThan(schema_cookie);
    expect(event.schema_cookie).toBe(db.queryRaw('PRAGMA schema_version').rows[0]?.[0]);
    expect(event.table_changes.map(({ table }) => table)).toEqual(expect.arrayContaining([...tables]));
    expect(event.table_changes.every((change) => change.schema_changed)).toBe(true);
    expect(event.table_changes.filter(({ table }) => table.startsWith('sqlite_'))).toEqual([]);
    expect(await take(watch, 'invalidate')).toMatchObject({
      schema_changed: true,
      schema_cookie: event.schema_cookie,
      row_changes: [],
    });
    expect(await stream.next()).toBeNull();
    // And rows are told in their new shape.
    const column = sql.includes('TO key') ? 'key' : 'id';
    db.execute(`INSERT INTO t (${column}, v) VALUES (77, 'new')`);
    const [row] = db.query(`SELECT * FROM t WHERE ${column} = 77`);
    expect(await take(watch, 'invalidate')).toMatchObject({
      schema_changed: false,
      schema_cookie: event.schema_cookie,
      row_changes: [{ after: row }],
    });
  });

  test('also for a watch on another handle, whose next commit is told in the new shape', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const watch = await started(other.watchTable('t'));
    one.exec("ALTER TABLE t ADD COLUMN w DEFAULT 'dw'");
    expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true, tables: ['t'] });
    for (const db of [one, other]) {
      const id = db === one ? 10 : 11;
      insertWide(db, id);
      expect(await take(watch, 'invalidate')).toMatchObject({
        schema_changed: false,
        row_changes: [{ after: { id, v: `v${id}`, w: 'dw' } }],
      });
    }
  });

  const insertWide = (db: DatabaseSync, id: number): unknown =>
    db.execute('INSERT INTO t (id, v) VALUES (?, ?)', [id, `v${id}`]);

  test('the user’s ALTER and DROP succeed while their tables are watched', async () => {
    const db = opened();
    db.exec('CREATE TABLE a (id INTEGER PRIMARY KEY, b, c); CREATE TABLE d (x)');
    const watch = await started(db.watchTable(['a', 'd']));
    db.exec(
      'ALTER TABLE a DROP COLUMN b; ALTER TABLE a RENAME COLUMN c TO e; ALTER TABLE a RENAME TO z; DROP TABLE d',
    );
    expect((await drain(watch)).map((event) => event.type === 'invalidate' && event.schema_changed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(db.query('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });
});

import { describe, expect, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { follow } from '../../tests/support/following.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE a (id INTEGER PRIMARY KEY, v);
  CREATE TABLE b (id INTEGER PRIMARY KEY, v);
  CREATE VIEW vw AS SELECT v FROM a;
`;

describe('a query watch', () => {
  test('follows a view to the tables that it has now', async () => {
    const db = opened();
    db.exec(schema);
    const watch = await started(db.watchQuery('SELECT v FROM vw'));
    db.transaction((tx) => tx.exec('DROP VIEW vw; CREATE VIEW vw AS SELECT v FROM b'));
    expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true });
    db.execute('INSERT INTO b VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ table: 'b', after: { v: 1 } }] });
    db.execute('INSERT INTO a VALUES (1, 1)');
    expect(await watch.next()).toBeNull();
    expect(db.reactiveSubscriptions()[0]?.dependencies_json).toBe('{"tables":["b"]}');
  });

  test('follows one that another handle, or another program, has redefined', async () => {
    const path = fileWith(schema);
    const [db, other] = [opened(path), opened(path)];
    const watch = await started(db.watchQuery('SELECT v FROM vw'));
    other.exec('BEGIN; DROP VIEW vw; CREATE VIEW vw AS SELECT v FROM b; COMMIT');
    await take(watch, 'invalidate');
    other.execute('INSERT INTO b VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ table: 'b' }] });
    bare(path).exec('BEGIN; DROP VIEW vw; CREATE VIEW vw AS SELECT v FROM a; COMMIT');
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external', schema_changed: true });
    db.execute('INSERT INTO a VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ table: 'a' }] });
  });

  test('ends with the reason when it can’t be run any more, after what was queued', async () => {
    const db = opened();
    db.exec(schema);
    const watch = await started(db.watchQuery('SELECT v FROM vw'));
    db.execute('INSERT INTO a VALUES (1, 1)');
    db.exec('DROP VIEW vw');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ table: 'a' }] });
    expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true });
    expect(await watch.next()).toEqual({ schema_version: 1, type: 'closed', reason: 'no such table: vw' });
    expect(watch.isClosed).toBe(true);
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });
});

describe('table and range watches', () => {
  test('follow a table under its new name', async () => {
    const db = opened();
    db.exec(schema);
    const watches = [
      await started(db.watchTable('a')),
      await started(db.watchRange('A', { lower: 0 })),
      await started(db.changeStream({ tables: ['a'] })),
    ];
    db.execute('INSERT INTO a VALUES (1, 1)');
    db.exec('DROP VIEW vw; BEGIN; ALTER TABLE a RENAME TO x; ALTER TABLE X RENAME TO z; COMMIT');
    db.execute('INSERT INTO z VALUES (2, 2)');
    for (const watch of watches) {
      const events = await drain(watch);
      expect(events.length).toBe(4);
      expect(events[0]).toMatchObject({ row_changes: [{ table: 'a', after: { id: 1 } }] });
      expect(events[3]).toMatchObject({ row_changes: [{ table: 'z', after: { id: 2 } }] });
    }
  });

  test('stay with the name where another table takes it', async () => {
    const db = opened();
    db.exec(schema);
    const watch = await started(db.watchTable('a'));
    db.exec('DROP VIEW vw; BEGIN; ALTER TABLE a RENAME TO old; ALTER TABLE b RENAME TO a; COMMIT');
    await drain(watch);
    db.execute('INSERT INTO old VALUES (1, 1)');
    expect(await watch.next()).toBeNull();
    db.execute('INSERT INTO a VALUES (2, 2)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: 2 } }] });
  });

  test('end with the reason where nothing is left', async () => {
    const path = fileWith(schema);
    const db = opened(path);
    const [gone, both] = [await started(db.watchTable('a')), await started(db.watchTable(['a', 'b']))];
    bare(path).exec('BEGIN; DROP VIEW vw; ALTER TABLE a RENAME TO elsewhere; COMMIT');
    expect(await take(gone, 'invalidate')).toMatchObject({ schema_changed: true });
    expect(await take(gone, 'closed')).toMatchObject({ reason: 'unknown watch table a' });
    await drain(both);
    db.execute('INSERT INTO b VALUES (1, 1)');
    expect(await take(both, 'invalidate')).toMatchObject({ row_changes: [{ table: 'b' }] });
  });

  test('on a handle whose transaction is open look the tables up when it ends', async () => {
    const path = fileWith(schema);
    const [db, other] = [opened(path), opened(path)];
    const watch = await started(db.watchQuery('SELECT v FROM vw'));
    const tx = db.begin();
    tx.query('SELECT * FROM b');
    other.exec('BEGIN; DROP VIEW vw; CREATE VIEW vw AS SELECT v FROM b; COMMIT');
    await take(watch, 'invalidate');
    other.execute('INSERT INTO b VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({ tables: ['b'] });
    tx.rollback();
    await drain(watch);
    other.execute('INSERT INTO b VALUES (2, 2)');
    expect(await take(watch, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: 2 } }] });
  });

  test('VACUUM lists every table, for it may give rows other rowids', async () => {
    const db = opened();
    db.exec(schema);
    const watch = await started(db.watchTable('a'));
    db.exec('VACUUM');
    expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true, tables: ['a', 'b'] });
  });
});

describe('a changeset is plain data', () => {
  test('that can be spread, cloned and made JSON of', () => {
    const db = opened();
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, big, bytes, "__proto__")');
    const seen: unknown[] = [];
    const texts: string[] = [];
    db.subscribe((changeset) => {
      seen.push({ ...changeset }, structuredClone(changeset));
      texts.push(JSON.stringify(changeset));
    });
    db.execute("INSERT INTO t VALUES (1, 9007199254740993, x'0aff', 5)");
    const expected = {
      source: 'direct',
      tables: ['t'],
      wide: false,
      row_changes: [{ operation: 'insert', after: { id: 1, big: 9007199254740993n } }],
    };
    expect(seen).toMatchObject([expected, expected]);
    expect(Object.keys(seen[0] as object).sort()).toEqual(
      [
        'commit_lsn',
        'row_changes',
        'schema_changed',
        'schema_cookie',
        'source',
        'tables',
        'wide',
        'wide_tables',
      ].sort(),
    );
    expect(texts[0]).toContain('"after":{"id":1,"big":9007199254740993,"bytes":"0aff","__proto__":5}');
  });
});

describe('live queries over sqlite_sequence', () => {
  test.for<[what: string, sql: string]>([
    ['an ignored INSERT', 'INSERT OR IGNORE INTO s (u) VALUES (1)'],
    ['an upsert that does nothing', 'INSERT INTO s (u) VALUES (1) ON CONFLICT DO NOTHING'],
    ['an upsert that updates', 'INSERT INTO s (u) VALUES (1) ON CONFLICT DO UPDATE SET u = u'],
    ['an INSERT', 'INSERT INTO s (u) VALUES (9)'],
    ['REPLACE', 'REPLACE INTO s (u) VALUES (1)'],
    ['DELETE FROM sqlite_sequence', 'DELETE FROM sqlite_sequence'],
    ['an UPDATE of it', 'UPDATE sqlite_sequence SET seq = 100'],
    ['RENAME', 'ALTER TABLE s RENAME TO r'],
    ['DROP', 'DROP TABLE s'],
    ['a transaction', 'BEGIN; INSERT OR IGNORE INTO s (u) VALUES (1); COMMIT'],
    ['a trigger', 'INSERT INTO other VALUES (1)'],
    ['a TEMP table', 'INSERT OR IGNORE INTO temp.x (u) VALUES (1)'],
  ])('are as a fresh SELECT after %s', ([, sql]) => {
    const path = fileWith(`
      CREATE TABLE s (id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE);
      CREATE TABLE other (v);
      CREATE TRIGGER fill AFTER INSERT ON other BEGIN INSERT OR IGNORE INTO s (u) VALUES (1); END;
      INSERT INTO s (u) VALUES (1), (2);
    `);
    const db = opened(path);
    db.exec(
      'CREATE TEMP TABLE x (id INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE); INSERT INTO x (u) VALUES (1)',
    );
    const second = opened(path);
    const followed = [
      follow(db, 'SELECT * FROM main.sqlite_sequence ORDER BY name', [], { schedule: 'sync' }),
      follow(db, 'SELECT * FROM temp.sqlite_sequence ORDER BY name', [], { schedule: 'sync' }),
      follow(second, 'SELECT * FROM sqlite_sequence ORDER BY name', [], { schedule: 'sync' }),
    ];
    for (let turn = 0; turn < 2; turn++) {
      try {
        db.exec(sql);
      } catch {
        // The second RENAME or DROP.
      }
      for (const one of followed) one.expectFresh();
    }
  });
});

import { type Changeset, open, type WatchEvent } from 'freshet';
import { expect, onTestFinished, test } from 'vitest';
import { patience, started, take } from '../../tests/support/events.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';

/** Rows of `log` are known; those of `seen` aren't, since its trigger writes to it before a row of it is written. */
const schema = `
  CREATE TABLE log (id INTEGER PRIMARY KEY, v); CREATE TABLE seen (id INTEGER PRIMARY KEY, n);
  CREATE TRIGGER s BEFORE UPDATE ON seen BEGIN DELETE FROM seen WHERE id = NEW.id + 1; END;
  CREATE TRIGGER l AFTER INSERT ON log BEGIN UPDATE seen SET n = n + 1 WHERE id = NEW.v; END;
  INSERT INTO seen VALUES (1, 0), (2, 0), (3, 0)`;

test('an event that lists the rows of one table says which other has changed', async () => {
  const db = opened();
  db.exec(schema);
  const watches = {
    both: await started(db.watchTable(['log', 'seen'])),
    query: await started(db.watchQuery('SELECT log.id FROM log JOIN seen ON seen.id = log.v')),
    range: await started(db.watchRange('log', { lower: 10, upper: 20 })),
    other: await started(db.watchRange('seen', { lower: 10, upper: 20 })),
    stream: await started(db.changeStream()),
    some: await started(db.changeStream({ tables: ['log'] })),
  };
  const changesets: Changeset[] = [];
  db.subscribe((changeset) => changesets.push(changeset));
  db.execute('INSERT INTO log VALUES (12, 1)');

  const inserted = [{ table: 'log', operation: 'insert', after: { id: 12, v: 1 } }];
  for (const watch of [watches.both, watches.query]) {
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['log', 'seen'],
      row_changes_truncated: false,
      wide_tables: ['seen'],
      row_changes: inserted,
    });
  }
  expect(await take(watches.range, 'invalidate')).toMatchObject({ wide_tables: [], row_changes: inserted });
  expect(await take(watches.other, 'invalidate')).toMatchObject({ wide_tables: ['seen'], row_changes: [] });
  const table_changes = [
    { table: 'log', row_change_count: 1, wide: false },
    { table: 'seen', row_change_count: 0, wide: true },
  ];
  expect(await take(watches.stream, 'change')).toMatchObject({
    table_changes,
    wide_tables: ['seen'],
    row_changes: inserted,
  });
  expect(await take(watches.some, 'change')).toMatchObject({
    table_changes,
    wide_tables: [],
    row_changes: inserted,
  });
  // A changeset lists all rows or none.
  expect(
    changesets.map(({ wide, wide_tables, row_changes }) => ({ wide, wide_tables, row_changes })),
  ).toEqual([{ wide: true, wide_tables: ['log', 'seen'], row_changes: [] }]);
  // What the next commit changed is known.
  db.execute('UPDATE log SET v = 9');
  expect(await take(watches.both, 'invalidate')).toMatchObject({ tables: ['log'], wide_tables: [] });
  expect(changesets[1]).toMatchObject({ wide: false, wide_tables: [] });
});

test('so does an event of a handle whose engine runs elsewhere', async () => {
  const db = await open(':memory:');
  onTestFinished(() => db.close());
  await db.exec(schema);
  const watch = await db.watchTable(['log', 'seen']);
  const stream = await db.changeStream();
  const changesets: Changeset[] = [];
  await db.subscribe((changeset) => changesets.push(changeset));
  await db.execute('INSERT INTO log VALUES (12, 1)');
  const second = async (of: typeof watch): Promise<WatchEvent | null> => {
    await of.next({ timeoutMs: patience });
    return of.next({ timeoutMs: patience });
  };
  expect(await second(watch)).toMatchObject({ wide_tables: ['seen'], row_changes: [{ table: 'log' }] });
  expect(await second(stream)).toMatchObject({
    wide_tables: ['seen'],
    table_changes: [{ wide: false }, { wide: true }],
  });
  expect(changesets).toMatchObject([{ wide: true, wide_tables: ['log', 'seen'] }]);
});

test('DDL, another program and too many rows leave whole tables unlisted', async () => {
  const path = fileWith('CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY)');
  const db = opened(path);
  const watch = await started(db.watchTable('a'));
  const stream = await started(db.changeStream({ tables: ['a'] }));
  db.exec('ALTER TABLE a ADD COLUMN v');
  expect(await take(watch, 'invalidate')).toMatchObject({ schema_changed: true, wide_tables: ['a'] });
  expect(await take(stream, 'change')).toMatchObject({ table_changes: [{ wide: true }], wide_tables: ['a'] });
  bare(path).exec('INSERT INTO b VALUES (1)');
  expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external', wide_tables: ['a'] });
  expect(await take(stream, 'change')).toMatchObject({
    table_changes: [
      { table: 'a', wide: true },
      { table: 'b', wide: true },
    ],
    wide_tables: ['a'],
  });
  db.execute(
    'INSERT INTO a (id) WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT i FROM n',
  );
  const truncated = { row_changes_truncated: true, wide_tables: ['a'], row_changes: [] };
  expect(await take(watch, 'invalidate')).toMatchObject(truncated);
  // How many they were is known.
  const table_changes = [{ table: 'a', row_change_count: 5000, wide: false }];
  expect(await take(stream, 'change')).toMatchObject({ ...truncated, table_changes });
});

import { type DatabaseSync, open } from 'freshet';
import { live } from 'freshet/reactive';
import { describe, expect, onTestFinished, test } from 'vitest';
import { started } from '../../tests/support/events.ts';
import { follow } from '../../tests/support/following.ts';
import { bare, fileWith, opened, temporaryFile } from '../../tests/support/opening.ts';
import { OtherProcess } from '../../tests/support/other-process.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v)';
const sql = 'SELECT * FROM o.t ORDER BY id';

function attached(journal: 'wal' | 'delete', location = temporaryFile()): [DatabaseSync, string] {
  const path = fileWith(schema, journal);
  const db = opened(location);
  db.exec('CREATE TABLE m (id INTEGER PRIMARY KEY)');
  db.execute('ATTACH ? AS o', [path]);
  return [db, path];
}

describe.each(['wal', 'delete'] as const)('an attached file in journal mode %s', (journal) => {
  test('shows live queries the commits of other processes and of other handles', async () => {
    const [db, path] = attached(journal);
    const items = follow(db, sql);
    const unqualified = follow(db, 'SELECT count(*) AS n FROM t');
    const joined = follow(db, 'SELECT m.id, v FROM m JOIN t ON m.id = t.id ORDER BY m.id');
    const other = await OtherProcess.start(path);
    await other.exec("INSERT INTO t VALUES (1, 'process')");
    await items.until((rows) => rows.length === 1);
    opened(path).execute("INSERT INTO t VALUES (2, 'handle')");
    await items.until((rows) => rows.length === 2);
    db.execute("INSERT INTO o.t VALUES (3, 'own')");
    db.execute('INSERT INTO m VALUES (1), (3)');
    for (const one of [items, unqualified, joined]) one.expectFresh();
    await other.exec("UPDATE t SET v = 'changed'");
    await joined.until(([row]) => row?.v === 'changed');
    for (const one of [items, unqualified, joined]) one.expectFresh();
  });

  test('in a database in memory, too', async () => {
    const [db, path] = attached(journal, ':memory:');
    const items = follow(db, sql);
    bare(path).exec('INSERT INTO t VALUES (1, 1)');
    await items.until((rows) => rows.length === 1);
    items.expectFresh();
  });

  test('shows what was committed before a lock, and while a transaction was open', async () => {
    const [db, path] = attached(journal);
    const items = follow(db, sql);
    const stream = await started(db.changeStream());
    const other = bare(path);
    other.exec('INSERT INTO t VALUES (1, 1)');
    other.exec('BEGIN EXCLUSIVE');
    for (let turn = 0; turn < 5; turn++) await stream.next({ timeoutMs: 20 });
    other.exec('COMMIT');
    await items.until((rows) => rows.length === 1);
    const tx = db.begin();
    tx.query('SELECT * FROM m');
    other.exec('INSERT INTO t VALUES (2, 2)');
    await stream.next({ timeoutMs: 100 });
    tx.rollback();
    await items.until((rows) => rows.length === 2);
    items.expectFresh();
    expect(await stream.next()).toBeNull();
  });

  test('shows changes of its schema', async () => {
    const [db, path] = attached(journal);
    const items = follow(db, sql);
    bare(path).exec("ALTER TABLE t ADD COLUMN more DEFAULT 'new'; INSERT INTO t (id) VALUES (1)");
    await items.until(([row]) => row?.more === 'new');
    items.expectFresh();
  });
});

test('what is attached and detached while live queries are open is followed and let go', async () => {
  const [db, path] = attached('wal');
  const items = follow(db, sql);
  db.exec('DETACH o');
  expect(items.errors.length).toBe(2);
  const second = fileWith(`${schema}; INSERT INTO t VALUES (7, 7)`);
  db.subscribe(() => {});
  db.execute('ATTACH ? AS o', [second]);
  const again = follow(db, sql);
  bare(path).exec('INSERT INTO t VALUES (1, 1)');
  bare(second).exec('INSERT INTO t VALUES (8, 8)');
  await again.until((rows) => rows.length === 2);
  again.expectFresh();
});

test('a database in a worker follows what it has attached', async () => {
  const path = fileWith(schema);
  const db = await open(temporaryFile());
  onTestFinished(() => db.close());
  await db.execute('ATTACH ? AS o', [path]);
  const shown = new Promise((resolve, reject) => {
    live(db, sql).subscribe({
      next: (rows) => rows.length > 0 && resolve(rows),
      error: reject,
    });
  });
  await db.query('SELECT count(*) FROM o.t');
  bare(path).exec("INSERT INTO t VALUES (1, 'one')");
  expect(await shown).toEqual([{ id: 1, v: 'one' }]);
});

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperationalError } from 'freshet';
import { settled } from 'freshet/reactive';
import { describe, expect, onTestFinished, test } from 'vitest';
import { drain, started } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { bare, fileWith, opened, temporaryFolder } from '../support/opening.ts';
import { Program } from '../support/program.ts';

const schema = "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x');";
const big = 'y'.repeat(100_000);

function full(call: () => unknown): void {
  expect(call).toThrow(OperationalError);
  expect(call).toThrow(expect.objectContaining({ code: 'FULL', subcode: 'io.full' }));
}

describe.each(['wal', 'delete', ':memory:'] as const)('a database that may not grow, %s:', (journal) => {
  const open = () => {
    const db = opened(journal === ':memory:' ? ':memory:' : fileWith(schema, journal));
    if (journal === ':memory:') db.exec(schema);
    db.execute(`PRAGMA max_page_count = ${Number(db.queryRaw('PRAGMA page_count').rows[0]?.[0]) + 5}`);
    return db;
  };

  test('a statement fails with FULL, nothing of it is kept or told, and the next commit is', async () => {
    const db = open();
    const [stream, items] = [await started(db.changeStream()), follow(db, 'SELECT id FROM t')];
    full(() => db.execute('INSERT INTO t (v) VALUES (?)', [big]));
    full(() => db.executeBatch('INSERT INTO t (v) VALUES (?)', [['small'], [big]]));
    expect(db.inTransaction).toBe(false);
    expect(db.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await drain(stream)).toEqual([]);
    db.execute("UPDATE t SET v = 'z'");
    expect(await drain(stream)).toMatchObject([
      { event_id: 1, row_changes: [{ before: { v: 'x' }, after: { v: 'z' } }] },
    ]);
    db.execute('PRAGMA max_page_count = 1000000');
    db.execute('INSERT INTO t VALUES (2, ?)', [big]);
    await settled(db);
    expect(await drain(stream)).toMatchObject([{ event_id: 2, row_changes: [{ after: { id: 2, v: big } }] }]);
    items.expectFresh();
    items.expectTold();
  });

  test('a transaction ends as SQLite ends it, and what is told is what SQLite has kept', async () => {
    const db = open();
    const [stream, items] = [await started(db.changeStream()), follow(db, 'SELECT id, v FROM t')];
    const tx = db.begin();
    tx.execute("INSERT INTO t VALUES (2, 'in a transaction')");
    full(() => tx.execute('INSERT INTO t (v) VALUES (?)', [big]));
    // SQLite may have rolled the whole transaction back.
    const survived = tx.isOpen;
    expect(db.inTransaction).toBe(survived);
    if (survived) tx.commit();
    else expect(() => tx.commit()).toThrow(expect.objectContaining({ code: 'TRANSACTION' }));
    expect(db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: survived ? 2 : 1 }]);
    expect((await drain(stream)).length).toBe(survived ? 1 : 0);
    expect(() => db.transaction(() => db.execute('INSERT INTO t (v) VALUES (?)', [big]))).toThrow(
      expect.objectContaining({ code: 'FULL' }),
    );
    expect(db.inTransaction).toBe(false);
    await settled(db);
    items.expectFresh();
    items.expectTold();
    expect(db.queryRaw('PRAGMA integrity_check').rows).toEqual([['ok']]);
  });
});

describe('a file system that is full', () => {
  /** A file system of this many bytes, or why there can't be one. */
  function mounted(size: string): string | Error {
    const folder = join(temporaryFolder(), 'small');
    mkdirSync(folder);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
    } catch (error) {
      return error as Error;
    }
    onTestFinished(() => void execFileSync('umount', [folder]));
    return folder;
  }

  test('a process loses no commit, tells none that failed, and goes on', async ({ skip }) => {
    const folder = mounted('1m');
    if (typeof folder !== 'string') return skip(`Mounting a tmpfs is not permitted here: ${folder.message}`);
    const path = join(folder, 'app.db');
    const { code, lines, stderr } = await new Program('fill the disk', path).ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(lines).toEqual([
      expect.stringMatching(/^failed with (FULL|IO)$/),
      'in a transaction false',
      'told true',
      'kept true',
      'events true',
      expect.stringMatching(/^transaction failed with (FULL|IO)$/),
      'after the transaction false true true',
      'integrity [["ok"]]',
      'closed',
    ]);
    const other = bare(path);
    expect(other.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  });
});

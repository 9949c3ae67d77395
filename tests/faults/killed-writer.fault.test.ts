import { settled } from 'freshet/reactive';
import { describe, expect, test } from 'vitest';
import { started, take } from '../support/events.ts';
import { follow } from '../support/following.ts';
import { bare, fileWith, opened } from '../support/opening.ts';
import { OtherProcess } from '../support/other-process.ts';
import { Program } from '../support/program.ts';

const schema =
  "CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (v); INSERT INTO u VALUES ('kept');";

describe.each(['wal', 'delete'] as const)('kill -9, in journal mode %s,', (journal) => {
  test('of a writer in the middle of a transaction takes its work away, frees its lock, and nothing of it is told', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path, { busyTimeoutMs: 0 });
    const items = follow(db, 'SELECT id, v FROM t ORDER BY id', [], { schedule: 'sync' });
    const kept = follow(db, 'SELECT v FROM u');
    const program = new Program('die in a transaction', path);
    await program.said('in a transaction');
    expect(() => db.execute('INSERT INTO t VALUES (1, 1)')).toThrow(
      expect.objectContaining({ code: 'BUSY' }),
    );
    await program.kill();
    db.execute("INSERT INTO t VALUES (1, 'ours')");
    expect(items.rows).toEqual([{ id: 1, v: 'ours' }]);
    await settled(db);
    expect([items.snapshots.length, kept.snapshots.length]).toEqual([2, 1]);
    for (const one of [items, kept]) one.expectFresh();
    expect(db.queryRaw('PRAGMA integrity_check').rows).toEqual([['ok']]);
  });

  test('of a program that only spoke SQLite, mid-transaction, just so', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const watch = await started(db.watchTable('t'));
    const other = await OtherProcess.start(path);
    await other.exec(
      "PRAGMA cache_size = 10; INSERT INTO t VALUES (1, 'committed'); BEGIN; UPDATE u SET v = 'lost'; INSERT INTO t VALUES (2, 'lost')",
    );
    expect(await take(watch, 'invalidate')).toMatchObject({ source: 'external' });
    await other.kill();
    db.execute("INSERT INTO t VALUES (3, 'ours')");
    expect(await take(watch, 'invalidate')).toMatchObject({
      source: 'direct',
      row_changes: [{ after: { id: 3, v: 'ours' } }],
    });
    expect(db.query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
    expect(db.query('SELECT v FROM u')).toEqual([{ v: 'kept' }]);
  });

  test('of a Freshet process that commits without end loses no commit that it had been told of, in whole transactions', async () => {
    const path = fileWith(schema, journal);
    const db = opened(path);
    const both = follow(db, 'SELECT (SELECT count(*) FROM t) AS t, (SELECT count(*) FROM u) - 1 AS u');
    const program = new Program('commit without end', path);
    await program.said('committed 20');
    await program.kill();
    const told = Number(program.lines.at(-1)?.split(' ')[1]);
    const count = bare(path).prepare('SELECT count(*) AS n FROM t').get()?.n as number;
    expect(count).toBeGreaterThanOrEqual(told);
    await both.until(([row]) => row?.t === count);
    both.expectFresh();
    for (const [row] of both.snapshots) expect(row?.t).toBe(row?.u);
    db.execute('INSERT INTO t (v) VALUES (?)', ['ours']);
    expect(db.queryRaw('PRAGMA integrity_check').rows).toEqual([['ok']]);
  });
});

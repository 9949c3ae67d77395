import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, started, take } from '../../tests/support/events.ts';
import { follow } from '../../tests/support/following.ts';
import { fileWith, opened } from '../../tests/support/opening.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v)';

describe('handles on the same path share events', () => {
  const spellings: Readonly<Record<string, (path: string) => string>> = {
    'the same absolute path': (path) => path,
    'a relative path': (path) => relative(process.cwd(), path),
    'a path with dots and doubled slashes': (path) =>
      `${dirname(path)}/./${basename(dirname(path))}/..//${basename(path)}`.replace(
        `${basename(dirname(path))}/..`,
        '.',
      ),
    'a file URL': (path) => pathToFileURL(path).href,
    'a symbolic link to the file': (path) => {
      symlinkSync(path, `${path}.link`);
      return `${path}.link`;
    },
    'a symbolic link to its folder': (path) => {
      symlinkSync(dirname(path), join(dirname(path), 'folder'));
      return join(dirname(path), 'folder', basename(path));
    },
    'a chain of symbolic links': (path) => {
      symlinkSync(path, `${path}.1`);
      symlinkSync(`${path}.1`, `${path}.2`);
      return `${path}.2`;
    },
  };

  test.for(Object.entries(spellings))('opened by %s', async ([, spell]) => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(spell(path))];
    const watches = [await started(one.watchTable('t')), await started(other.watchQuery('SELECT * FROM t'))];
    one.execute('INSERT INTO t VALUES (1, 1)');
    other.execute('INSERT INTO t VALUES (2, 2)');
    for (const watch of watches) {
      expect(await drain(watch)).toMatchObject([
        { event_id: 1, source: 'direct', row_changes: [{ after: { id: 1, v: 1 } }] },
        { event_id: 2, source: 'direct', row_changes: [{ after: { id: 2, v: 2 } }] },
      ]);
    }
    expect(other.reactiveMetrics()).toEqual(one.reactiveMetrics());
    expect(one.reactiveMetrics()).toMatchObject({
      active_watch_count: 2,
      events_published: 2,
      events_delivered: 4,
    });
  });

  test('a file that is made through a link to a folder', async () => {
    const folder = dirname(fileWith(schema));
    mkdirSync(join(folder, 'real'));
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    const one = opened(join(folder, 'link', 'new.db'));
    const other = opened(join(folder, 'real', 'new.db'));
    one.exec(schema);
    const watch = await started(other.watchTable('t'));
    one.execute('INSERT INTO t VALUES (1, 1)');
    expect(await watch.next()).toMatchObject({ source: 'direct', row_changes: [{ after: { id: 1 } }] });
  });

  test('listeners of every handle hear of every commit, in one order', () => {
    const path = fileWith(schema);
    const handles = [opened(path), opened(path), opened(path)];
    const seen: string[] = [];
    for (const [at, db] of handles.entries()) {
      db.subscribe(({ row_changes }) => seen.push(`${at}:${row_changes[0]?.primary_key.id}`));
    }
    for (const [at, db] of handles.entries()) db.execute('INSERT INTO t VALUES (?, 0)', [at]);
    expect(seen).toEqual([0, 1, 2].flatMap((id) => [0, 1, 2].map((at) => `${at}:${id}`)));
  });

  test('a read-only handle hears of the commits of the others', async () => {
    const path = fileWith(schema);
    const [reader, writer] = [opened(path, { readOnly: true }), opened(path)];
    const watch = await started(reader.watchTable('t'));
    const items = follow(reader, 'SELECT * FROM t', [], { schedule: 'sync' });
    writer.execute('INSERT INTO t VALUES (1, 1)');
    expect(await watch.next()).toMatchObject({ source: 'direct', row_changes: [{ after: { id: 1, v: 1 } }] });
    expect(items.rows).toEqual([{ id: 1, v: 1 }]);
    expect(() => reader.execute('DELETE FROM t')).toThrow(expect.objectContaining({ code: 'READONLY' }));
    expect(await watch.next()).toBeNull();
  });

  test('closing one handle ends its watches and listeners, and none of the others', async () => {
    const path = fileWith(schema);
    const [one, other] = [opened(path), opened(path)];
    const [ends, stays] = [await started(one.watchTable('t')), await started(other.watchTable('t'))];
    let heard = 0;
    one.subscribe(() => heard++);
    one.close();
    await expect(ends.next()).rejects.toMatchObject({ code: 'CLOSED' });
    other.execute('INSERT INTO t VALUES (1, 1)');
    expect(await take(stays, 'invalidate')).toMatchObject({ row_changes: [{ after: { id: 1 } }] });
    expect(heard).toBe(0);
    expect(other.reactiveMetrics()).toMatchObject({ active_watch_count: 1 });
    stays.close();
    expect(other.query('SELECT * FROM sqlite_temp_schema')).toEqual([]);
  });

  test('the last handle takes the counters with it', async () => {
    const path = fileWith(schema);
    for (let round = 0; round < 2; round++) {
      const db = openSync(path);
      const watch = db.watchTable('t');
      expect(watch.id).toBe(1);
      db.execute('INSERT INTO t (v) VALUES (1)');
      expect(await drain(watch)).toMatchObject([{ type: 'initial' }, { event_id: 1 }]);
      db.close();
    }
  });

  test('one handle’s own transaction delays nobody but itself', async () => {
    const path = fileWith(schema);
    const [busy, writer] = [opened(path), opened(path)];
    const [own, theirs] = [await started(busy.watchTable('t')), await started(writer.watchTable('t'))];
    const tx = busy.begin();
    expect(tx.query('SELECT * FROM t')).toEqual([]);
    writer.execute('INSERT INTO t VALUES (1, 1)');
    expect(await own.next()).toMatchObject({ event_id: 1 });
    expect(await theirs.next()).toMatchObject({ event_id: 1 });
    tx.rollback();
    expect([await own.next(), await theirs.next()]).toEqual([null, null]);
  });
});

describe('databases that only look alike share nothing', () => {
  test('databases in memory', async () => {
    for (const location of [':memory:', '', 'memory://']) {
      const [one, other] = [opened(location), opened(location)];
      for (const db of [one, other]) db.exec(schema);
      const watch = await started(other.watchTable('t'));
      one.execute('INSERT INTO t VALUES (1, 1)');
      expect(await watch.next()).toBeNull();
      expect(one.reactiveMetrics().active_watch_count).toBe(0);
      expect(one.watchTable('t').id).toBe(1);
    }
  });

  test('files of one name in two folders', async () => {
    const [one, other] = [opened(fileWith(schema)), opened(fileWith(schema))];
    const watch = await started(other.watchTable('t'));
    one.execute('INSERT INTO t VALUES (1, 1)');
    expect(await watch.next()).toBeNull();
  });

  test('a second hard link of a file is another path; its commits still arrive, as another program’s', async () => {
    // In WAL mode SQLite itself forbids this: each name has a -wal of its own.
    const path = fileWith(schema, 'delete');
    linkSync(path, `${path}.hard`);
    const [one, other] = [opened(path), opened(`${path}.hard`)];
    const watch = await started(other.watchTable('t'));
    one.execute('INSERT INTO t VALUES (1, 1)');
    expect(await take(watch, 'invalidate')).toMatchObject({
      source: 'external',
      tables: ['t'],
      row_changes: [],
    });
  });
});

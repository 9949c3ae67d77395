import { type Database, type DatabaseSync, open } from 'freshet';
import { type ConsoleApi, consoleApi } from 'freshet/devtools';
import { live, settled } from 'freshet/reactive';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../tests/support/eventually.ts';
import { opened } from '../tests/support/opening.ts';

const schema = 'CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)';
const sql = 'SELECT id,\n v FROM t WHERE id > ?';

afterEach(() => {
  vi.restoreAllMocks();
});

const named = (name = 'freshet'): ConsoleApi => Reflect.get(globalThis, name) as ConsoleApi;
const kinds: readonly (readonly [string, () => DatabaseSync | Database | Promise<Database>])[] = [
  ['DatabaseSync', () => opened()],
  [
    'Database',
    async () => {
      const db = await open(':memory:');
      onTestFinished(() => db.close());
      return db;
    },
  ],
];

describe.each(kinds)('consoleApi, of a %s', (_kind, make) => {
  async function start(): Promise<DatabaseSync | Database> {
    const db = await make();
    await db.exec(schema);
    onTestFinished(consoleApi(db, { slowMs: 0 }));
    return db;
  }

  test('prints the live queries, what was slow and the metrics as tables, and returns them', async () => {
    const db = await start();
    const table = vi.spyOn(console, 'table').mockImplementation(() => {});
    live(db, sql, [0]).subscribe();
    await settled(db);
    await db.execute("INSERT INTO t VALUES (1, 'one')");

    expect(await named().queries()).toMatchObject([{ sql, params: [0], visits: 1 }]);
    const line = {
      sql: 'SELECT id, v FROM t WHERE id > ?',
      params: '0',
      tier: 'incremental',
      rows: 1,
      visits: 1,
    };
    expect(table).toHaveBeenLastCalledWith([expect.objectContaining(line)]);
    expect(await named().slow()).toMatchObject([{ during: 'hydration' }, { during: 'maintenance' }]);
    expect(table.mock.lastCall?.[0]).toHaveLength(2);
    expect(await named().metrics()).toEqual(await db.reactiveMetrics());
    expect(table).toHaveBeenLastCalledWith(await db.reactiveMetrics());
  });

  test('explains a query that isn’t open', async () => {
    await start();
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    expect(await named().explain(sql, [0])).toMatchObject({ tier: 'incremental', tables: ['t'] });
    expect(log.mock.lastCall?.[0]).toContain('tier:    incremental');
    await expect(named().explain('SELECT nothing FROM t')).rejects.toMatchObject({ code: 'SQL' });
  });

  test('prints commits as they come, of the tables asked for, until it is stopped', async () => {
    const db = await start();
    await db.exec('CREATE TABLE other(id INTEGER PRIMARY KEY)');
    const group = vi.spyOn(console, 'groupCollapsed').mockImplementation(() => {});
    const table = vi.spyOn(console, 'table').mockImplementation(() => {});
    const stop = named().stream({ tables: ['t'] });
    const streams = async (): Promise<number> => (await db.reactiveMetrics()).change_stream_count;
    await eventually(async () => expect(await streams()).toBe(1));
    await db.execute('INSERT INTO other VALUES (1)');
    await db.execute("INSERT INTO t VALUES (1, 'one')");
    await eventually(() => expect(group).toHaveBeenCalledOnce());
    expect(group.mock.lastCall?.[0]).toMatch(/ #\d+ t \(1\)$/);
    expect(table).toHaveBeenLastCalledWith([
      { operation: 'insert', table: 't', before: null, after: { id: 1, v: 'one' } },
    ]);
    stop();
    await eventually(async () => expect(await streams()).toBe(0));
  });
});

describe('consoleApi', () => {
  test('gives the name back to whoever had it', () => {
    const db = opened();
    Object.assign(globalThis, { taken: 'before' });
    onTestFinished(() => void Reflect.deleteProperty(globalThis, 'taken'));
    const uninstall = consoleApi(db, { name: 'taken' });
    expect(named('taken').queries).toBeTypeOf('function');
    uninstall();
    expect(named('taken')).toBe('before');

    const second = consoleApi(db);
    second();
    expect('freshet' in globalThis).toBe(false);
  });

  test('leaves the name to whoever has taken it since', () => {
    const uninstall = consoleApi(opened(), { name: 'taken' });
    onTestFinished(() => void Reflect.deleteProperty(globalThis, 'taken'));
    Object.assign(globalThis, { taken: 'after' });
    uninstall();
    expect(named('taken')).toBe('after');
  });

  test('ends its streams and its measuring with it', async () => {
    const db = opened();
    db.exec(schema);
    const uninstall = consoleApi(db);
    named().stream();
    const api = named();
    await eventually(() => expect(db.reactiveMetrics().change_stream_count).toBe(1));
    uninstall();
    await eventually(() => expect(db.reactiveMetrics().change_stream_count).toBe(0));
    await expect(api.queries()).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

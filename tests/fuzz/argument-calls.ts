import { type Database, type DatabaseSync, IndexedRow, openSync } from '../../core/index.ts';
import {
  applyDelta,
  createSnapshot,
  createUndo,
  inspect,
  keysQuery,
  live,
  liveOne,
  liveQuery,
  liveSnapshot,
  QueryStore,
  rowsQuery,
  settled,
  update,
  watchEvents,
} from '../../reactive/index.ts';
import { conformanceTests } from '../../testing/index.ts';

export type AnyDatabase = Database | DatabaseSync;
type Call = (db: AnyDatabase, value: never) => unknown;

const insert = 'INSERT INTO t VALUES (?, ?)';

/** Each argument of each function, with the others as they should be. */
export const argumentCalls: Record<string, Call> = {
  'execute sql': (db, v) => db.execute(v),
  'execute params': (db, v) => db.execute('SELECT ?', v),
  'execute one parameter': (db, v) => db.execute('SELECT ?', [v]),
  'execute a named parameter': (db, v) => db.execute('SELECT :a', { a: v }),
  'exec script': (db, v) => db.exec(v),
  'query sql': (db, v) => db.query(v),
  'query params': (db, v) => db.query('SELECT ?, ?', v),
  'query options': (db, v) => db.query('SELECT 1', [], v),
  'query rowMode': (db, v) => db.query('SELECT 1', [], { rowMode: v }),
  'queryOne options': (db, v) => db.queryOne('SELECT 1', [], v),
  'fetchOne options': (db, v) => db.fetchOne('SELECT 1', [], v),
  'fetchOne params': (db, v) => db.fetchOne('SELECT ?', [v, v]),
  'queryRaw sql': (db, v) => db.queryRaw(v),
  'iterate sql': (db, v) => first(db.iterate(v)),
  'iterate params': (db, v) => first(db.iterate('SELECT ?', v)),
  'iterate options': (db, v) => first(db.iterate('SELECT 1', [], v)),
  'executeBatch sql': (db, v) => db.executeBatch(v, []),
  'executeBatch list': (db, v) => db.executeBatch(insert, v),
  'executeBatch element': (db, v) => db.executeBatch(insert, [v]),
  'prepare sql': (db, v) => db.prepare(v),
  'prepared params': async (db, v) => (await db.prepare('SELECT ?')).query(v),
  'prepared options': async (db, v) => (await db.prepare('SELECT 1')).query([], v),
  'prepared list': async (db, v) => (await db.prepare(insert)).executeBatch(v),
  'begin mode': async (db, v) => (await db.begin(v)).rollback(),
  'transaction fn': (db, v) => db.transaction(v),
  'transaction mode': (db, v) => db.transaction(() => {}, v),
  'transaction result': (db, v) => db.transaction(() => v),
  'savepoint fn': (db, v) => (db as DatabaseSync).transaction((tx) => tx.savepoint(v)),
  'watchTable tables': async (db, v) => (await db.watchTable(v)).close(),
  'watchTable a table': async (db, v) => (await db.watchTable([v])).close(),
  'watchTable options': async (db, v) => (await db.watchTable('t', v)).close(),
  'watchTable queueCapacity': async (db, v) => (await db.watchTable('t', { queueCapacity: v })).close(),
  'watchRange table': async (db, v) => (await db.watchRange(v, {})).close(),
  'watchRange range': async (db, v) => (await db.watchRange('t', v)).close(),
  'watchRange column': async (db, v) => (await db.watchRange('t', { column: v })).close(),
  'watchRange lower': async (db, v) => (await db.watchRange('t', { lower: v })).close(),
  'watchRange lowerInclusive': async (db, v) => (await db.watchRange('t', { lowerInclusive: v })).close(),
  'watchRange options': async (db, v) => (await db.watchRange('t', {}, v)).close(),
  'watchQuery sql': async (db, v) => (await db.watchQuery(v)).close(),
  'watchQuery params': async (db, v) => (await db.watchQuery('SELECT * FROM t WHERE id = ?', v)).close(),
  'watchQuery options': async (db, v) => (await db.watchQuery('SELECT * FROM t', [], v)).close(),
  'changeStream options': async (db, v) => (await db.changeStream(v)).close(),
  'changeStream tables': async (db, v) => (await db.changeStream({ tables: v })).close(),
  'next options': (db, v) => withWatch(db, (watch) => watch.next(v)),
  'next timeoutMs': (db, v) => withWatch(db, (watch) => watch.next({ timeoutMs: v })),
  'next signal': (db, v) => withWatch(db, (watch) => watch.next({ signal: v })),
  'nextJson options': (db, v) => withWatch(db, (watch) => watch.nextJson(v)),
  'subscribe listener': async (db, v) => (await db.subscribe(v))(),
  'call signal': (db, v) => (db as Database).query('SELECT 1', [], { signal: v }),
  'live db': (_, v) => subscribed(live(v, 'SELECT 1')),
  'live sql': (db, v) => subscribed(live(db, v)),
  'live params': (db, v) => subscribed(live(db, 'SELECT ?', v)),
  'live one parameter': (db, v) => subscribed(live(db, 'SELECT ?', [v])),
  'live options': (db, v) => subscribed(live(db, 'SELECT 1', [], v)),
  'live schedule': (db, v) => subscribed(live(db, 'SELECT 1', [], { schedule: v })),
  'liveOne params': (db, v) => subscribed(liveOne(db, 'SELECT ?', v)),
  'liveSnapshot db': (_, v) => liveSnapshot(v, []),
  'liveSnapshot queries': (db, v) => liveSnapshot(db, v),
  'liveSnapshot a query': (db, v) => liveSnapshot(db, [v]),
  'settled db': (_, v) => settled(v),
  'watchEvents watch': (_, v) => watchEvents(v),
  'applyDelta rows': (_, v) => applyDelta(v, []),
  'applyDelta changes': (_, v) => applyDelta([], v),
  'applyDelta a change': (_, v) => applyDelta([], [v]),
  'applyDelta an index': (_, v) => applyDelta([], [{ type: 'insert', row: 1, index: v }]),
  'update db': (_, v) => update(v, 't', 1, () => {}),
  'update table': (db, v) => update(db, v, 1, () => {}),
  'update recipe': (db, v) => update(db, 't', 1, v),
  'update options': (db, v) => update(db, 't', 1, () => {}, v),
  'update json': (db, v) => update(db, 't', 1, () => {}, { json: v }),
  'createUndo db': (_, v) => createUndo(v),
  'createUndo options': (db, v) => createUndo(db, v).dispose(),
  'createUndo depth': (db, v) => createUndo(db, { depth: v }).dispose(),
  'createUndo groupMs': (db, v) => createUndo(db, { groupMs: v }).dispose(),
  'undo transaction fn': (db, v) => {
    const undo = createUndo(db);
    return Promise.resolve()
      .then(() => undo.transaction('work', v))
      .finally(() => undo.dispose());
  },
  'inspect db': (_, v) => inspect(v),
  'inspect options': (db, v) => inspect(db, v).close(),
  'inspect slowMs': (db, v) => inspect(db, { slowMs: v }).close(),
  'inspector explain sql': (db, v) => inspected(db, (inspector) => inspector.explain(v)),
  'inspector explain params': (db, v) => inspected(db, (inspector) => inspector.explain('SELECT ?', v)),
  'inspector queries options': (db, v) => inspected(db, (inspector) => inspector.queries(v)),
  'inspector observe options': (db, v) => inspected(db, (inspector) => inspector.observe(v)),
  'QueryStore db': (_, v) => new QueryStore(v),
  'QueryStore options': (db, v) => new QueryStore(db, v),
  'QueryStore graceMs': (db, v) => new QueryStore(db, { graceMs: v }),
  'QueryStore clock': (db, v) => new QueryStore(db, { clock: v }),
  'QueryStore query': (db, v) => new QueryStore(db).readGiven(v),
  'QueryStore listener': (db, v) => new QueryStore(db).subscribe(rowsQuery('SELECT 1'), v)(),
  'rowsQuery sql': (_, v) => rowsQuery(v),
  'rowsQuery params': (_, v) => rowsQuery('SELECT ?', v),
  'rowsQuery schedule': (_, v) => rowsQuery('SELECT 1', [], v),
  'keysQuery params': (_, v) => keysQuery('SELECT ?', v, 'id'),
  'keysQuery column': (_, v) => keysQuery('SELECT 1', [], v),
  'liveQuery live': (_, v) => liveQuery(v),
  'createSnapshot db': (_, v) => createSnapshot(v),
  'snapshot prefetch': (db, v) => createSnapshot(db).prefetch(v),
  'snapshot params': (db, v) => createSnapshot(db).prefetch('SELECT ?', v),
  'conformanceTests engine': (_, v) => conformanceTests(v),
  'IndexedRow columns': (_, v) => new IndexedRow(v, []),
  'IndexedRow values': (_, v) => new IndexedRow([], v),
  'openSync location': (_, v) => typeof v !== 'string' && openSync(v).close(),
  'openSync options': (_, v) => openSync(':memory:', v).close(),
};

for (const option of [
  'mode',
  'readOnly',
  'busyTimeoutMs',
  'intMode',
  'sync',
  'options',
  'onError',
  'onWarning',
]) {
  argumentCalls[`openSync ${option}`] = (_, v) => openSync(':memory:', { [option]: v }).close();
}

async function first(rows: Iterable<unknown> | AsyncIterable<unknown>): Promise<unknown> {
  for await (const row of rows) return row;
  return undefined;
}

async function withWatch(
  db: AnyDatabase,
  use: (watch: Awaited<ReturnType<AnyDatabase['watchTable']>>) => unknown,
): Promise<void> {
  const watch = await db.watchTable('t');
  try {
    await use(watch);
  } finally {
    watch.close();
  }
}

async function inspected(
  db: AnyDatabase,
  use: (inspector: ReturnType<typeof inspect>) => unknown,
): Promise<void> {
  const inspector = inspect(db);
  try {
    await use(inspector);
  } finally {
    inspector.close();
  }
}

/** The first answer of a live query; rejects with its error. */
function subscribed(query: { subscribe(observer: object): { unsubscribe(): void } }): Promise<void> {
  return new Promise((resolve, reject) => {
    const { promise, resolve: answered } = Promise.withResolvers<void>();
    const subscription = query.subscribe({ next: answered, error: reject, complete: answered });
    promise.then(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
}

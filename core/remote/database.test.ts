import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import {
  type AsyncOpenOptions,
  type BindValue,
  type Database,
  FreshetError,
  InterfaceError,
  open,
  openSync,
  ProgrammingError,
  type Row,
} from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { patience } from '../../tests/support/events.ts';
import { bare, fileWith, opened, temporaryFile } from '../../tests/support/opening.ts';

const table = 'CREATE TABLE t(n INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)';
const insert = 'INSERT INTO t VALUES (?)';
const all = 'SELECT n FROM t ORDER BY n';

/** So many rows, made by counting. */
const counting = (rows: number): string =>
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ${rows}) SELECT x FROM c`;
/** About a second of SQLite's time. */
const long = `SELECT max(x) AS n FROM (${counting(8_000_000)})`;

/** A database that is closed when the test has finished. */
async function openedAsync(location = ':memory:', options: AsyncOpenOptions = {}): Promise<Database> {
  const db = await open(location, options);
  onTestFinished(() => db.close());
  return db;
}

/** Every thread that is started from now on, until the test has finished. */
function startedThreads(): Worker[] {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void threads.push(thread);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  return threads;
}

/** How many of them have not ended. */
const running = (threads: readonly Worker[]): number =>
  threads.filter(({ threadId }) => threadId !== -1).length;

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`it resolved, to ${String(value)}`),
    (error: unknown) => error,
  );
}

/** What it throws or rejects with; null where it does neither. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return null;
  } catch (error) {
    return error;
  }
}

/** An iteration with rows left. */
async function begunIteration(db: Database, rows = 1000): Promise<AsyncGenerator<Row, void>> {
  const iteration = db.iterate(counting(rows));
  onTestFinished(() => void iteration.return().catch(() => {}));
  expect(await iteration.next()).toEqual({ done: false, value: { x: 1 } });
  return iteration;
}

/** Fails where it would take for ever. */
const inTime = () => ({ signal: AbortSignal.timeout(patience) });

describe('the event loop', () => {
  const cases: readonly (readonly [string, string, (db: Database) => Promise<unknown>])[] = [
    ['a long read of an engine that reads', 'file', (db) => db.query(long)],
    ['a long read of the engine that writes', ':memory:', (db) => db.query(long)],
    ['a long write', 'file', (db) => db.execute(`INSERT INTO t(n) ${counting(1_500_000)} WHERE x > 1`)],
  ];
  it.for(cases)('is not held by %s', async ([, where, run]) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where);
    await db.exec(table);
    await db.query(all);
    let turns = 0;
    let isRunning = true;
    const turn = (): void => {
      turns += 1;
      if (isRunning) setImmediate(turn);
    };
    setImmediate(turn);
    await run(db);
    isRunning = false;
    // A statement that runs in this thread leaves it one or two.
    expect(turns).toBeGreaterThan(20);
  });
});

describe('while a transaction is open', () => {
  it('reads of a file in WAL show the state before it', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const prepared = await db.prepare(all);
    const tx = await db.begin('immediate');
    await tx.execute(insert, [2]);
    expect(await tx.query(all)).toEqual([{ n: 1 }, { n: 2 }]);
    const last = 'SELECT max(n) AS n FROM t';
    expect(await db.query(all)).toEqual([{ n: 1 }]);
    expect(await db.queryOne(last)).toEqual({ n: 1 });
    expect(await db.fetchOne(last)).toEqual({ n: 1 });
    expect(await db.queryRaw(all)).toEqual({ columns: ['n'], rows: [[1]] });
    expect(await prepared.query()).toEqual([{ n: 1 }]);
    expect(await Array.fromAsync(db.iterate(all))).toEqual([{ n: 1 }]);
    await tx.commit();
    expect(await db.query(all)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('reads go on while one of its writes is under way', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const tx = await db.begin('immediate');
    const order: string[] = [];
    const write = tx
      .execute(`INSERT INTO t(n) ${counting(1_000_000)} WHERE x > 1`)
      .then(() => order.push('the write'));
    expect(await db.query(all)).toEqual([{ n: 1 }]);
    order.push('the read');
    await write;
    expect(order).toEqual(['the read', 'the write']);
    await tx.rollback();
  });

  const alone: readonly (readonly [string, () => string, AsyncOpenOptions])[] = [
    ['in memory', () => ':memory:', {}],
    ['with a rollback journal', () => fileWith('', 'delete'), {}],
    ['without readers', () => temporaryFile(), { readers: 0 }],
  ];
  it.for(alone)('reads of a database %s wait for its end', async ([, location, options]) => {
    const db = await openedAsync(location(), options);
    await db.exec(table);
    const tx = await db.begin();
    await tx.execute(insert, [2]);
    const read = db.query(all);
    await tx.execute(insert, [3]);
    await tx.commit();
    expect(await read).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});

describe('readers that are all busy', () => {
  it('make a read fail when it has waited for long enough, and serve those that come later', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1, acquireTimeoutMs: 50 });
    const iteration = await begunIteration(db);
    const error = await rejection(db.query('SELECT 1'));
    expect(error).toMatchObject({
      name: 'OperationalError',
      code: 'BUSY',
      subcode: 'busy.readers',
      retryable: true,
    });
    expect(String(error)).toMatch(/\b1\b.*\b50 ms/);
    await iteration.return();
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it('keep nothing from the writer that only it can do', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1, acquireTimeoutMs: 0 });
    await db.exec(table);
    await begunIteration(db);
    const returning = `${insert} RETURNING n`;
    expect(await db.query(returning, [2])).toEqual([{ n: 2 }]);
    expect(await db.queryOne(returning, [3])).toEqual({ n: 3 });
    expect(await Array.fromAsync(db.iterate(returning, [4]))).toEqual([{ n: 4 }]);
    expect(await db.queryRaw('PRAGMA foreign_keys')).toMatchObject({ rows: [[1]] });
    expect(await db.query('SELECT foreign_keys FROM pragma_foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    expect(await db.query('SELECT changes() AS n')).toEqual([{ n: 1 }]);
    expect(await db.query('EXPLAIN QUERY PLAN SELECT 1')).toHaveLength(1);
    expect(await db.query('SELECT * FROM sys.reactive_subscriptions')).toEqual([]);
    expect(await rejection(db.query('SELEC 1'))).toMatchObject({ code: 'SQL' });
    expect(await rejection(db.query(all))).toMatchObject({ subcode: 'busy.readers' });
  });

  it('serve those that wait in the order in which they came', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1 });
    const iteration = await begunIteration(db);
    const order: unknown[] = [];
    const reads = [1, 2, 3].map((a) => db.fetchOne('SELECT ? AS a', [a]).then((row) => order.push(row.a)));
    await iteration.return();
    await Promise.all(reads);
    expect(order).toEqual([1, 2, 3]);
  });

  it('are not made of options that are no whole numbers', async () => {
    const threads = startedThreads();
    const wrong = [
      ['readers', -1],
      ['readers', 1.5],
      ['acquireTimeoutMs', Number.NaN],
      ['acquireTimeoutMs', '50'],
    ] as const;
    for (const [name, value] of wrong) {
      const error = await rejection(open(':memory:', { [name]: value }));
      expect(error).toMatchObject({ name: 'ProgrammingError', code: 'CONFIG', subcode: 'config.option' });
      expect(String(error)).toContain(name);
    }
    expect(threads.length).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('not wanted any more');

  it('ends the wait for a reader, and the reader stays for others', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1 });
    const iteration = await begunIteration(db);
    const abort = new AbortController();
    const waiting = [
      db.query('SELECT 1', [], abort),
      db.iterate('SELECT 1', [], abort).next(),
      db.query('SELECT 2 AS a'),
    ];
    abort.abort(reason);
    expect(await rejection(waiting[0] as Promise<unknown>)).toBe(reason);
    expect(await rejection(waiting[1] as Promise<unknown>)).toBe(reason);
    await iteration.return();
    expect(await waiting[2]).toEqual([{ a: 2 }]);
  });

  it.for([
    ['a reader', 'file'],
    ['the writer', ':memory:'],
  ] as const)('ends the wait for a read that %s is at, and later reads work', async ([, where]) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where, { readers: 1 });
    await db.query('SELECT 1');
    const abort = new AbortController();
    const read = db.query(long, [], abort);
    await turn();
    abort.abort(reason);
    expect(await rejection(read)).toBe(reason);
    expect(await db.query('SELECT 1 AS a', [], inTime())).toEqual([{ a: 1 }]);
    expect(await db.execute('SELECT 1', [], inTime())).toBeDefined();
  });

  it('of an iteration whose first rows are on their way leaves the reader to others', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1 });
    await db.query('SELECT 1');
    const abort = new AbortController();
    const first = db.iterate(long, [], abort).next();
    await turn();
    abort.abort(reason);
    expect(await rejection(first)).toBe(reason);
    expect(await db.query('SELECT 1 AS a', [], inTime())).toEqual([{ a: 1 }]);
  });

  it('in the midst of an iteration ends it, and the reader is free again', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1 });
    const abort = new AbortController();
    let seen = 0;
    const iterate = async (): Promise<void> => {
      for await (const _ of db.iterate(counting(1000), [], abort)) {
        seen += 1;
        if (seen === 300) abort.abort(reason);
      }
    };
    expect(await rejection(iterate())).toBe(reason);
    expect(seen).toBeLessThan(1000);
    expect(await db.query('SELECT 1 AS a', [], inTime())).toEqual([{ a: 1 }]);
  });

  it('of a call that waits for a transaction keeps it from being carried out', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const tx = await db.begin();
    const abort = new AbortController();
    const unwanted = db.execute(insert, [2], abort);
    const wanted = db.execute(insert, [3]);
    await turn();
    abort.abort(reason);
    expect(await rejection(unwanted)).toBe(reason);
    await tx.commit();
    await wanted;
    expect(await db.query(all)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('of a begin that waits leaves no transaction behind', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const tx = await db.begin('immediate');
    const abort = new AbortController();
    const queued = db.begin('immediate', abort);
    await turn();
    abort.abort(reason);
    expect(await rejection(queued)).toBe(reason);
    await tx.execute(insert, [2]);
    await tx.commit();
    await db.execute(insert, [3], inTime());
    await db.transaction((next) => next.execute(insert, [4]), 'immediate', inTime());
    expect(db.inTransaction).toBe(false);
    expect(await db.query(all)).toEqual([1, 2, 3, 4].map((n) => ({ n })));
  });

  it.for([
    ['before it is called', 0],
    ['in the same turn', 1],
    ['when it is on its way', 2],
  ] as const)('of a begin, %s, leaves no transaction behind', async ([, when]) => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const abort = new AbortController();
    if (when === 0) abort.abort(reason);
    const begun = db.begin('immediate', abort);
    if (when === 2) await turn();
    abort.abort(reason);
    // Where the answer was quicker there is a transaction, and it is the caller's.
    await begun.then(
      (tx) => tx.rollback(),
      (error: unknown) => expect(error).toBe(reason),
    );
    await db.execute(insert, [2], inTime());
    await db.transaction((tx) => tx.execute(insert, [3]), 'immediate', inTime());
    expect(db.inTransaction).toBe(false);
    expect(await db.query(all)).toEqual([1, 2, 3].map((n) => ({ n })));
  });

  it('of a transaction of a function that waits keeps the function from being called', async () => {
    const db = await openedAsync();
    await db.exec(table);
    const tx = await db.begin();
    const abort = new AbortController();
    let calls = 0;
    const queued = db.transaction(() => calls++, 'deferred', abort);
    abort.abort(reason);
    expect(await rejection(queued)).toBe(reason);
    await tx.commit();
    await db.execute(insert, [2], inTime());
    expect(calls).toBe(0);
  });

  it('of a watch that is being opened leaves no watch behind', async () => {
    const db = await openedAsync();
    await db.exec(table);
    const abort = new AbortController();
    const watch = db.watchTable('t', abort);
    abort.abort(reason);
    expect(await rejection(watch)).toBe(reason);
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    expect(await db.reactiveSubscriptions()).toEqual([]);
  });
});

describe('options', () => {
  const settings = `SELECT foreign_keys, timeout, synchronous
    FROM pragma_foreign_keys, pragma_busy_timeout, pragma_synchronous`;
  const given = { busyTimeoutMs: 1234, intMode: 'bigint', sync: 'full' } as const;
  const inForce = { foreign_keys: 1n, timeout: 1234n, synchronous: 2n };

  it('are in force for the writer', async () => {
    const db = await openedAsync(temporaryFile(), given);
    expect(await db.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1n }]);
    const tx = await db.begin();
    expect(await tx.query(settings)).toEqual([inForce]);
    await tx.rollback();
  });

  it('are in force for readers', async () => {
    const db = await openedAsync(temporaryFile(), given);
    const tx = await db.begin('immediate');
    // While the writer has a transaction, only readers answer.
    expect(await db.query('SELECT 1 AS n', [], inTime())).toEqual([{ n: 1n }]);
    expect(await Array.fromAsync(db.iterate('SELECT 2 AS n'))).toEqual([{ n: 2n }]);
    await tx.rollback();
    expect(await db.query(settings)).toEqual([inForce]);
  });

  // A bug: readers are started with the filename, without what the location says after `?`.
  it('that the location brings are in force for the writer and for readers', async () => {
    const location = `${new URL(`file://${temporaryFile()}`)}?busy_timeout_ms=1234&int_mode=bigint&sync=full`;
    const db = await openedAsync(location);
    const tx = await db.begin('immediate');
    expect(await tx.query(settings)).toEqual([inForce]);
    expect(await db.query('SELECT 1 AS n', [], inTime())).toEqual([{ n: 1n }]);
    await tx.rollback();
  });

  it('of a database that is only read refuse writes', async () => {
    const path = fileWith(table);
    const db = await openedAsync(path, { readOnly: true });
    expect(await rejection(db.execute(insert, [2]))).toMatchObject({ code: 'READONLY' });
    expect(await db.query(all)).toEqual([{ n: 1 }]);
  });

  it('onError hears of what a listener of commits throws', async () => {
    const heard: unknown[] = [];
    const mine = new Error('mine');
    const db = await openedAsync(':memory:', { onError: (error) => heard.push(error) });
    await db.exec(table);
    await db.subscribe(() => {
      throw mine;
    });
    await db.execute(insert, [2]);
    expect(heard).toEqual([mine]);
  });

  // A bug: the engine warns when it closes, and then its session has ended.
  it('onWarning hears of the statement cache at the end', async () => {
    const warnings: string[] = [];
    const db = await open(':memory:', { onWarning: (_, type) => warnings.push(type) });
    for (let i = 0; i < 120; i++) await db.query(`SELECT ${i}`);
    await db.close();
    expect(warnings).toEqual(['PerformanceWarning']);
  });
});

describe('what readers cannot answer, the writer does', () => {
  it('temporary tables, alone and with those of the file', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(`${table}; CREATE TEMP TABLE mine(a); INSERT INTO mine VALUES (7)`);
    expect(await db.query('SELECT a FROM mine')).toEqual([{ a: 7 }]);
    expect(await Array.fromAsync(db.iterate('SELECT a FROM mine'))).toEqual([{ a: 7 }]);
    expect(await db.query('SELECT a FROM mine, t')).toEqual([{ a: 7 }]);
  });

  // A bug: a reader has its own idea of the name, the file's.
  it('a temporary table that hides a table of the file', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(`${table}; CREATE TEMP TABLE t(n); INSERT INTO temp.t VALUES (7)`);
    expect(await db.query(all)).toEqual([{ n: 7 }]);
    expect(await db.query('SELECT n FROM main.t')).toEqual([{ n: 1 }]);
  });

  // A bug: a reader answers with its own, empty one.
  it('the schema of temporary tables', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec('CREATE TEMP TABLE mine(a)');
    expect(await db.query('SELECT name FROM sqlite_temp_schema')).toEqual([{ name: 'mine' }]);
  });

  it('a database that was attached', async () => {
    const other = fileWith('CREATE TABLE u(a); INSERT INTO u VALUES (9)');
    const db = await openedAsync(temporaryFile());
    await db.execute('ATTACH ? AS other', [other]);
    expect(await db.query('SELECT a FROM u')).toEqual([{ a: 9 }]);
    expect(await db.query('SELECT a FROM other.u')).toEqual([{ a: 9 }]);
  });

  it('functions that tell of its last write', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec('CREATE TABLE t(n INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT changes() AS c');
    await db.execute('INSERT INTO t VALUES (5), (6), (77)');
    expect(await db.queryOne('SELECT CHANGES() AS c, last_insert_rowid() AS r')).toEqual({ c: 3, r: 77 });
    expect(await db.queryOne('SELECT c FROM v')).toEqual({ c: 3 });
    expect(await db.queryOne('SELECT total_changes() >= 3 AS c')).toEqual({ c: 1 });
  });

  it('pragmas', async () => {
    const db = await openedAsync(temporaryFile());
    await db.query('PRAGMA foreign_keys = OFF');
    expect(await db.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 0 }]);
  });

  it('pragmas as tables, also in a view: settings, what is attached, TEMP tables', async () => {
    const other = fileWith('CREATE TABLE u(a)');
    const db = await openedAsync(temporaryFile());
    await db.exec('CREATE VIEW v AS SELECT foreign_keys AS f FROM pragma_foreign_keys');
    await db.exec('PRAGMA foreign_keys = OFF; CREATE TEMP TABLE mine(x)');
    await db.execute('ATTACH ? AS other', [other]);
    await db.exec('DROP TABLE mine');
    expect(await db.query('SELECT foreign_keys AS f FROM Pragma_Foreign_Keys')).toEqual([{ f: 0 }]);
    expect(await db.query('SELECT f FROM v')).toEqual([{ f: 0 }]);
    expect(await db.query("SELECT name FROM pragma_table_list WHERE name IN ('u', 'mine')")).toEqual([
      { name: 'u' },
    ]);
    const names = await db.query('SELECT name FROM pragma_database_list ORDER BY seq');
    expect(names.map(({ name }) => name)).toContain('other');
  });

  it('queries whose answers a pragma changes', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec("CREATE TABLE w(s); INSERT INTO w VALUES ('a')");
    const like = "SELECT s LIKE 'A' AS is_like FROM w";
    expect(await db.query(like)).toEqual([{ is_like: 1 }]);
    await db.execute('PRAGMA case_sensitive_like = ON');
    expect(await db.query(like)).toEqual([{ is_like: 0 }]);
  });

  it('writes that give rows', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    const returning = `${insert} RETURNING n`;
    expect(await db.query(returning, [2])).toEqual([{ n: 2 }]);
    expect(await db.queryOne(returning, [3])).toEqual({ n: 3 });
    expect(await db.fetchOne(returning, [4])).toEqual({ n: 4 });
    expect((await db.queryRaw(returning, [5])).rows).toEqual([[5]]);
    expect(await Array.fromAsync(db.iterate(returning, [6]))).toEqual([{ n: 6 }]);
    expect((await db.query(all)).length).toBe(6);
  });
});

describe('errors across the port', () => {
  const schema = `CREATE TABLE p(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, n CHECK (n > 0));
    CREATE TABLE c(p REFERENCES p(id)); INSERT INTO p VALUES (1, 'a', 1)`;
  const keys = [
    'name',
    'message',
    'code',
    'subcode',
    'sqlstate',
    'table',
    'column',
    'retryable',
    'permanent',
  ];
  const told = (error: FreshetError) => keys.map((key) => [key, Reflect.get(error, key)]);

  it('are those of a database in this thread', async () => {
    const here = opened(temporaryFile());
    const there = await openedAsync(temporaryFile());
    here.exec(schema);
    await there.exec(schema);
    const statements = [
      "INSERT INTO p VALUES (2, 'a', 1)",
      "INSERT INTO p VALUES (1, 'b', 1)",
      'INSERT INTO p VALUES (2, NULL, 1)',
      "INSERT INTO p VALUES (2, 'b', 0)",
      'INSERT INTO c VALUES (9)',
      'SELEC 1',
      'SELECT * FROM nowhere',
      'SELECT nothing FROM p',
      'SELECT nothing(1)',
      'SELECT 1; SELECT 2',
      'SELECT sum(column1) FROM (VALUES (9223372036854775807), (1))',
      'SELECT ?',
      'COMMIT',
      '',
    ];
    for (const sql of statements) {
      const pairs: readonly (readonly [() => unknown, () => Promise<unknown>])[] = [
        [() => here.execute(sql), () => there.execute(sql)],
        [() => here.query(sql), () => there.query(sql)],
        [() => [...here.iterate(sql)], () => Array.fromAsync(there.iterate(sql))],
        [() => here.prepare(sql).query(), async () => (await there.prepare(sql)).query()],
      ];
      for (const [inThisThread, inAnother] of pairs) {
        const expected = await errorOf(inThisThread);
        const error = await errorOf(inAnother);
        if (!(expected instanceof FreshetError) || !(error instanceof FreshetError)) {
          expect(error, sql).toEqual(expected);
          continue;
        }
        expect(error, sql).toBeInstanceOf(expected.constructor);
        expect(told(error), sql).toEqual(told(expected));
        expect(error.diagnostic, sql).toEqual(expected.diagnostic);
        expect(String(error.cause), sql).toBe(String(expected.cause));
      }
    }
  });

  // A bug: a structured clone of an Error has no properties of its own, `errcode` among them.
  it('keep the result code of SQLite in their cause', async () => {
    const db = await openedAsync();
    await db.exec(schema);
    const error = await rejection(db.execute("INSERT INTO p VALUES (2, 'a', 1)"));
    expect((error as Error).cause).toMatchObject({ errcode: 2067 });
  });

  it('say of a lock that another program holds that the call may be made again', async () => {
    const path = fileWith(table);
    const program = bare(path);
    const db = await openedAsync(path, { busyTimeoutMs: 0 });
    program.exec('BEGIN IMMEDIATE');
    expect(await rejection(db.execute(insert, [2]))).toMatchObject({
      name: 'OperationalError',
      code: 'BUSY',
      subcode: 'busy.writer_lock',
      retryable: true,
    });
    program.exec('ROLLBACK');
    await db.execute(insert, [2]);
  });

  it('of opening are those of openSync, and leave no thread', async () => {
    const threads = startedThreads();
    const missing = temporaryFile();
    const calls = [
      [missing, { mode: 'open' }],
      [fileWith(''), { mode: 'create' }],
      ['nothing://at/all', {}],
      [':memory:', { options: 'nonsense=1' }],
    ] as const;
    for (const [location, options] of calls) {
      const error = await rejection(open(location, options));
      const expected = await rejection((async () => openSync(location, options))());
      expect(error).toBeInstanceOf(FreshetError);
      expect(told(error as FreshetError)).toEqual(told(expected as FreshetError));
    }
    await Promise.all(
      threads.filter(({ threadId }) => threadId !== -1).map((thread) => once(thread, 'exit')),
    );
    expect(running(threads)).toBe(0);
  });
});

describe('parameters', () => {
  it.for([
    ':memory:',
    'file',
  ])('are those of the moment of the call, bytes and dates too: %s', async (where) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where, { readers: 1 });
    await db.exec('CREATE TABLE v(id INTEGER PRIMARY KEY, v)');
    const add = 'INSERT INTO v(v) VALUES (?)';
    const statement = await db.prepare(add);
    const bytes = new Uint8Array([1]);
    const date = new Date(0);
    const list: BindValue[] = [0];
    const named = { v: 0 };
    const batch: BindValue[][] = [[bytes], [date]];
    const calls: Promise<unknown>[] = [];
    for (let i = 1; i <= 2; i++) {
      list[0] = i;
      named.v = i * 10;
      bytes[0] = i;
      calls.push(db.execute(add, list), statement.execute(list), db.executeBatch(add, batch));
      calls.push(db.execute('INSERT INTO v(v) VALUES (:v)', named), db.queryRaw(`${add} RETURNING v`, list));
    }
    const rows = db.iterate('SELECT ? AS v', list);
    const watch = db.watchQuery('SELECT v FROM v WHERE v = ?', list);
    const read = db.queryOne('SELECT ? AS v', [bytes]);
    list[0] = 99;
    named.v = 99;
    bytes.fill(99);
    date.setTime(1e12);
    batch.length = 0;
    expect(await Array.fromAsync(rows)).toEqual([{ v: 2 }]);
    expect(await read).toEqual({ v: new Uint8Array([2]) });
    await Promise.all(calls);
    const epoch = '1970-01-01T00:00:00.000Z';
    const each = (i: number) => [i, i, new Uint8Array([i]), epoch, i * 10, i];
    expect((await db.query('SELECT v FROM v ORDER BY id')).map(({ v }) => v)).toEqual([
      ...each(1),
      ...each(2),
    ]);
    const event = await (await watch).next();
    expect(event).toMatchObject({ type: 'initial' });
    (await watch).close();
    await db.transaction(async (tx) => {
      const param = { v: 0 };
      const inside: Promise<unknown>[] = [];
      for (param.v = 101; param.v <= 103; param.v++)
        inside.push(tx.execute('INSERT INTO v(v) VALUES (:v)', param));
      await Promise.all(inside);
    });
    expect(await db.query('SELECT v FROM v WHERE v BETWEEN 100 AND 110 ORDER BY v')).toEqual(
      [101, 102, 103].map((v) => ({ v })),
    );
  });

  it('take along no more than their own bytes', async () => {
    const db = await openedAsync();
    const posted: number[] = [];
    const { postMessage } = MessagePort.prototype;
    onTestFinished(() => {
      MessagePort.prototype.postMessage = postMessage;
    });
    MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, ...rest: never[]) {
      const [{ args }] = message as [{ args: [string, [Uint8Array]] }];
      posted.push(args[1][0].buffer.byteLength);
      return postMessage.call(this, message, ...rest);
    };
    const big = new Uint8Array(1_000_000);
    expect(await db.fetchOne('SELECT length(?) AS n', [big.subarray(16, 32)])).toEqual({ n: 16 });
    expect(posted).toEqual([16]);
  });
});

describe('what cannot be sent', () => {
  it.for([
    ['in memory', () => ':memory:'],
    ['on a file', temporaryFile],
  ] as const)('is refused by a database %s, and later calls work', async ([, location]) => {
    const db = await openedAsync(location(), { readers: 1 });
    await db.exec(table);
    for (const value of [() => 1, Symbol('s'), [() => 1], Promise.resolve(1)]) {
      const params = [value as unknown as BindValue];
      const calls = [
        () => db.execute(insert, params),
        () => db.query('SELECT ?', params),
        () => db.queryOne('SELECT :a', { a: value as unknown as BindValue }),
        () => db.iterate('SELECT ?', params).next(),
        () => db.executeBatch(insert, [[2], params]),
        () => db.transaction((tx) => tx.execute(insert, params)),
      ];
      for (const call of calls) {
        const error = await rejection(call());
        expect(error).toBeInstanceOf(ProgrammingError);
        expect(error).toMatchObject({ code: 'PARAMETER', subcode: 'sql.parameter_type', retryable: false });
      }
    }
    await db.execute(insert, [2], inTime());
    expect(await db.query(all, [], inTime())).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('harms none of the calls of the same turn', async () => {
    const db = await openedAsync();
    await db.exec(table);
    const results = await Promise.allSettled([
      db.execute(insert, [2]),
      db.execute(insert, [(() => 1) as unknown as BindValue]),
      db.execute(insert, [3]),
      db.query(all),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(results[3]).toMatchObject({ value: [{ n: 1 }, { n: 2 }, { n: 3 }] });
  });
});

describe('an iteration', () => {
  const rows = 100_000;

  it.for([
    ['a reader', 'file'],
    ['the writer', ':memory:'],
  ] as const)('of 100,000 rows by %s gives each of them, in order', async ([, where]) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where);
    await db.exec(`CREATE TABLE big(x INTEGER PRIMARY KEY, s); INSERT INTO big SELECT x, 'row ' || x
      FROM (${counting(rows)})`);
    let next = 1;
    for await (const row of db.iterate('SELECT x, s FROM big ORDER BY x')) {
      if (row.x !== next || row.s !== `row ${next}`) expect(row).toEqual({ x: next, s: `row ${next}` });
      next += 1;
    }
    expect(next - 1).toBe(rows);
    const arrays = db.iterate<[number]>('SELECT x FROM big ORDER BY x DESC', [], { rowMode: 'array' });
    expect(await arrays.next()).toEqual({ done: false, value: [rows] });
    await arrays.return();
  });

  it('ends where its rows end, whatever their number', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1, acquireTimeoutMs: 0 });
    for (const count of [0, 1, 255, 256, 257, 512]) {
      const sql = `SELECT x FROM (${counting(1000)}) WHERE x <= ${count}`;
      expect((await Array.fromAsync(db.iterate(sql))).length).toBe(count);
      expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    }
  });

  it('frees its reader when the loop is left, whatever way', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1, acquireTimeoutMs: 0 });
    const mine = new Error('mine');
    for await (const row of db.iterate(counting(rows))) if (row.x === 3) break;
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    const throwing = async (): Promise<void> => {
      for await (const row of db.iterate(counting(rows))) if (row.x === 300) throw mine;
    };
    expect(await rejection(throwing())).toBe(mine);
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
    await db.iterate(counting(rows)).return();
    const failing = `SELECT CASE WHEN x < 400 THEN x ELSE json('{') END AS x FROM (${counting(rows)})`;
    expect(await rejection(Array.fromAsync(db.iterate(failing)))).toMatchObject({ code: 'SQL' });
    const mapping = db.iterate(counting(rows), [], {
      rowMode: () => {
        throw mine;
      },
    });
    expect(await rejection(mapping.next())).toBe(mine);
    expect(await db.query('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  it('that was left releases its lock: the table can be dropped', async () => {
    const db = await openedAsync();
    await db.exec(`CREATE TABLE big AS ${counting(1000)}`);
    for await (const _ of db.iterate('SELECT x FROM big')) break;
    await db.exec('DROP TABLE big');
  });

  it.for([
    ['readers', 'file'],
    ['the writer', ':memory:'],
  ] as const)('is independent of another: %s', async ([, where]) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where);
    const one = db.iterate(counting(1000));
    const other = db.iterate(`SELECT x * 10 AS x FROM (${counting(1000)})`);
    for (let x = 1; x <= 600; x++) {
      expect((await one.next()).value).toEqual({ x });
      expect((await other.next()).value).toEqual({ x: x * 10 });
    }
    await one.return();
    const rest = await Array.fromAsync(other);
    expect([rest.length, rest.at(-1)]).toEqual([400, { x: 10_000 }]);
  });

  it('by a reader goes on with the state in which it began', async () => {
    const db = await openedAsync(temporaryFile());
    await db.exec(`CREATE TABLE big(x); INSERT INTO big ${counting(2000)}`);
    let seen = 0;
    for await (const _ of db.iterate('SELECT x FROM big')) {
      if (seen === 0) await db.execute('DELETE FROM big');
      seen += 1;
    }
    expect(seen).toBe(2000);
    expect(await db.query('SELECT x FROM big')).toEqual([]);
  });
});

describe('a live query', () => {
  const none = { live_incremental_count: 0, live_reevaluated_count: 0, live_state_rows: 0 };

  it('that is closed leaves nothing with the engine', async () => {
    const db = await openedAsync();
    await db.exec(table);
    const subscription = live(db, all).subscribe();
    await settled(db);
    expect(await db.reactiveMetrics()).toMatchObject({ live_incremental_count: 1 });
    subscription.unsubscribe();
    expect(await db.reactiveMetrics()).toMatchObject(none);
  });

  // A bug: `live.close` is carried out as it comes in, before `live.open`, which is queued.
  it('that is closed in the turn in which it was opened leaves nothing with the engine', async () => {
    const db = await openedAsync();
    await db.exec(table);
    live(db, all).subscribe().unsubscribe();
    await settled(db);
    expect(await db.reactiveMetrics()).toMatchObject(none);
  });

  // The same bug: `live.open` waits for the end of the transaction, `live.close` does not.
  it('that is closed while it waits for a transaction leaves nothing with the engine', async () => {
    const db = await openedAsync();
    await db.exec(table);
    const tx = await db.begin();
    const subscription = live(db, all).subscribe();
    await turn();
    subscription.unsubscribe();
    await tx.commit();
    await settled(db);
    expect(await db.reactiveMetrics()).toMatchObject(none);
  });
});

describe('close()', () => {
  it('rejects what is under way, and rolls an open transaction back', async () => {
    const path = temporaryFile();
    const db = await openedAsync(path, { readers: 1 });
    await db.exec(table);
    const tx = await db.begin();
    await tx.execute(insert, [2]);
    const iteration = await begunIteration(db);
    const calls = {
      'a write': tx.execute(insert, [3]),
      'a write that waits': db.execute(insert, [4]),
      'a begin that waits': db.begin(),
      'a transaction that waits': db.transaction(() => {}),
    };
    const rejections = Object.entries(calls).map(async ([name, call]) => [name, await rejection(call)]);
    const closing = db.close();
    for (const [name, error] of await Promise.all(rejections)) {
      expect(error, String(name)).toBeInstanceOf(FreshetError);
      expect(error, String(name)).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    }
    await closing;
    await expect(Array.fromAsync(iteration)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await rejection(tx.execute(insert, [5]))).toMatchObject({ code: 'CLOSED' });
    expect(await rejection(tx.commit())).toMatchObject({ code: 'CLOSED' });
    expect(bare(path).prepare(all).all()).toEqual([{ n: 1 }]);
  });

  // A bug: they reject with OperationalError, code CONNECTION.
  it('rejects reads that wait for a reader as it does all others', async () => {
    const db = await openedAsync(temporaryFile(), { readers: 1 });
    await begunIteration(db);
    const calls = [db.query(all), db.iterate(all).next()].map(rejection);
    await db.close();
    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    }
  });

  it.for([
    ['a read', (db: Database) => db.query(long)],
    ['a write', (db: Database) => db.execute(`INSERT INTO t(n) ${counting(500_000)} WHERE x > 1`)],
  ] as const)('rejects %s that SQLite is at, and waits for its thread', async ([, run]) => {
    const threads = startedThreads();
    const db = await openedAsync(temporaryFile());
    await db.exec(table);
    await db.query(all);
    const call = rejection(run(db));
    await turn();
    await db.close();
    expect(await call).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    expect(running(threads)).toBe(0);
  });

  it('may be called twice, also while the first is under way', async () => {
    const db = await open(temporaryFile());
    await Promise.all([db.close(), db.close()]);
    await db.close();
  });

  it('makes every later call reject', async () => {
    const db = await open(temporaryFile());
    await db.exec(table);
    const prepared = await db.prepare(all);
    await db.close();
    const calls = {
      execute: () => db.execute('SELECT 1'),
      exec: () => db.exec('SELECT 1'),
      query: () => db.query('SELECT 1'),
      queryOne: () => db.queryOne('SELECT 1'),
      fetchOne: () => db.fetchOne('SELECT 1'),
      queryRaw: () => db.queryRaw('SELECT 1'),
      iterate: () => db.iterate('SELECT 1').next(),
      executeBatch: () => db.executeBatch(insert, [[1]]),
      prepare: () => db.prepare('SELECT 1'),
      'a prepared statement': () => prepared.query(),
      begin: () => db.begin(),
      transaction: () => db.transaction(() => {}),
      commit: () => db.commit(),
      rollback: () => db.rollback(),
      watchTable: () => db.watchTable('t'),
      watchRange: () => db.watchRange('t', {}),
      watchQuery: () => db.watchQuery(all),
      changeStream: () => db.changeStream(),
      subscribe: () => db.subscribe(() => {}),
      metrics: () => db.reactiveMetrics(),
      subscriptions: () => db.reactiveSubscriptions(),
      cache: () => db.statementCacheStats(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await rejection(call());
      expect(error, name).toBeInstanceOf(InterfaceError);
      expect(error, name).toMatchObject({ code: 'CLOSED' });
    }
  });

  it('leaves no thread: neither of the writer nor of readers', async () => {
    const threads = startedThreads();
    const db = await open(temporaryFile(), { readers: 2 });
    const iterations = [await begunIteration(db), await begunIteration(db)];
    expect(running(threads)).toBe(3);
    await db.close();
    expect(running(threads)).toBe(0);
    for (const iteration of iterations) await iteration.return().catch(() => {});
  });

  it('leaves no thread of a reader that was still starting', async () => {
    const threads = startedThreads();
    const db = await open(temporaryFile());
    const read = rejection(db.query('SELECT 1'));
    await turn();
    await db.close();
    expect(await read).toMatchObject({ code: 'CLOSED' });
    expect(running(threads)).toBe(0);
  });

  // A bug: `close` does not wait for readers that were discarded.
  it('leaves no thread of a reader whose read was aborted', async () => {
    const threads = startedThreads();
    const db = await open(temporaryFile());
    await db.query('SELECT 1');
    const abort = new AbortController();
    const read = rejection(db.query(long, [], abort));
    await turn();
    abort.abort();
    await read;
    await db.close();
    expect(running(threads)).toBe(0);
  });

  it('comes by itself at the end of a scope', async () => {
    const threads = startedThreads();
    let kept: Database;
    {
      await using db = await open(temporaryFile());
      await db.exec(table);
      kept = db;
    }
    expect(await rejection(kept.query('SELECT 1'))).toMatchObject({ code: 'CLOSED' });
    expect(running(threads)).toBe(0);
  });

  it('of a transaction comes by itself at the end of a scope', async () => {
    const db = await openedAsync();
    await db.exec(table);
    {
      await using tx = await db.begin();
      await tx.execute(insert, [2]);
    }
    expect(await db.query(all)).toEqual([{ n: 1 }]);
  });
});

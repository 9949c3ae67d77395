import { DatabaseSync as BareDatabase, type SQLOutputValue } from 'node:sqlite';
import {
  type DatabaseSync,
  FreshetError,
  openSync,
  type StatementSync,
  type TransactionSync,
  type Watch,
} from 'freshet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { opened, temporaryFile } from '../tests/support/opening.ts';
import { documented, rejectionOf, thrownBy } from '../tests/support/thrown.ts';

/** Every operation in every state: what it returns, leaves behind, and refuses with. One table, so one long file. */

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, x);
  INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')`;
const insert = "INSERT INTO t VALUES (10, 'ten')";
const several =
  "INSERT INTO t VALUES (10, 'ten'); UPDATE t SET x = 'zwei' WHERE id = 2; DELETE FROM t WHERE id = 3";
const select = 'SELECT id, x FROM t WHERE id < 10 ORDER BY id';
const contents = 'SELECT id, x FROM t ORDER BY id';

/** A statement each, prepared before the state begins. */
interface Prepared {
  readonly insert: StatementSync;
  readonly insertAny: StatementSync;
  readonly select: StatementSync;
}

interface Operation {
  readonly name: string;
  readonly run: (db: DatabaseSync, prepared: Prepared) => unknown;
  /** The same in SQLite alone: what it returns, and what it does to the data. Nothing by default. */
  readonly oracle?: (bare: BareDatabase) => unknown;
  /** Answers on a closed database, too, as `closed` does on any object that is no handle any more. */
  readonly whenClosed?: unknown;
  /** Refused inside a transaction, with this code. */
  readonly inTransaction?: 'TRANSACTION';
}

type BareRow = Record<string, SQLOutputValue>;

const plain = (row: BareRow | undefined): BareRow => ({ ...row });
const bareRows = (bare: BareDatabase): BareRow[] => bare.prepare(select).all().map(plain);
const bareInsert = (bare: BareDatabase): unknown => bare.prepare(insert).run();
const bareRaw = (bare: BareDatabase): unknown => ({
  columns: ['id', 'x'],
  rows: bareRows(bare).map((row) => Object.values(row)),
});
const bareBatch = (bare: BareDatabase): unknown => {
  bare.exec("INSERT INTO t VALUES (10, 'a'), (11, 'b')");
  return { changes: 2 };
};
const batch = [
  [10, 'a'],
  [11, 'b'],
] as const;
const insertAny = 'INSERT INTO t VALUES (?, ?)';

const operations: readonly Operation[] = [
  { name: 'execute', run: (db) => db.execute(insert), oracle: bareInsert },
  { name: 'exec', run: (db) => db.exec(several), oracle: (bare) => bare.exec(several) },
  { name: 'query', run: (db) => db.query(select), oracle: bareRows },
  { name: 'queryOne', run: (db) => db.queryOne(select), oracle: (bare) => bareRows(bare)[0] },
  { name: 'fetchOne', run: (db) => db.fetchOne(select), oracle: (bare) => bareRows(bare)[0] },
  { name: 'queryRaw', run: (db) => db.queryRaw(select), oracle: bareRaw },
  { name: 'iterate', run: (db) => [...db.iterate(select)], oracle: bareRows },
  {
    name: 'query of a write',
    run: (db) => db.query(`${insert} RETURNING id`),
    oracle: (bare) => bare.prepare(`${insert} RETURNING id`).all().map(plain),
  },
  { name: 'executeBatch', run: (db) => db.executeBatch(insertAny, batch), oracle: bareBatch },
  { name: 'prepare', run: (db) => db.prepare(insert).execute(), oracle: bareInsert },
  {
    name: 'begin',
    run: (db) => {
      const tx = db.begin();
      tx.execute(insert);
      return tx.commit();
    },
    oracle: (bare) => bare.exec(insert),
    inTransaction: 'TRANSACTION',
  },
  { name: 'transaction', run: (db) => db.transaction((tx) => tx.execute(insert)), oracle: bareInsert },
  {
    name: 'transaction that throws',
    run: (db) => {
      try {
        return db.transaction((tx) => {
          tx.execute(insert);
          throw new Error('mine');
        });
      } catch (error) {
        if ((error as Error).message !== 'mine') throw error;
        return 'mine';
      }
    },
    oracle: () => 'mine',
  },
  { name: 'commit', run: (db) => db.commit() },
  { name: 'rollback', run: (db) => db.rollback() },
  {
    name: 'DDL',
    run: (db) => db.exec('ALTER TABLE t ADD COLUMN y; CREATE TABLE u (x); DROP TABLE u'),
    oracle: (bare) => bare.exec('ALTER TABLE t ADD COLUMN y'),
  },
  { name: 'watchTable', run: (db) => db.watchTable('t'), oracle: () => 'initial' },
  { name: 'watchRange', run: (db) => db.watchRange('t', { lower: 2 }), oracle: () => 'initial' },
  { name: 'watchQuery', run: (db) => db.watchQuery(select), oracle: () => 'initial' },
  { name: 'changeStream', run: (db) => db.changeStream(), oracle: () => 'initial' },
  {
    name: 'subscribe',
    run: (db) => {
      const unsubscribe = db.subscribe(() => {});
      unsubscribe();
      return unsubscribe();
    },
  },
  {
    name: 'reactiveMetrics',
    run: (db) => db.reactiveMetrics().active_watch_count,
    oracle: () => 0,
    whenClosed: 0,
  },
  {
    name: 'reactiveSubscriptions',
    run: (db) => db.reactiveSubscriptions(),
    oracle: () => [],
    whenClosed: [],
  },
  { name: 'location', run: (db) => db.location, oracle: () => ':memory:', whenClosed: ':memory:' },
  {
    name: 'effectiveConfig',
    run: (db) => db.effectiveConfig.mode,
    oracle: () => 'openOrCreate',
    whenClosed: 'openOrCreate',
  },
  {
    name: 'statementCacheStats',
    run: (db) => db.statementCacheStats.capacity,
    oracle: () => 128,
    whenClosed: 128,
  },
  { name: 'statement.execute', run: (_db, prepared) => prepared.insert.execute(), oracle: bareInsert },
  { name: 'statement.query', run: (_db, prepared) => prepared.select.query(), oracle: bareRows },
  {
    name: 'statement.queryOne',
    run: (_db, prepared) => prepared.select.queryOne(),
    oracle: (bare) => bareRows(bare)[0],
  },
  {
    name: 'statement.fetchOne',
    run: (_db, prepared) => prepared.select.fetchOne(),
    oracle: (bare) => bareRows(bare)[0],
  },
  { name: 'statement.queryRaw', run: (_db, prepared) => prepared.select.queryRaw(), oracle: bareRaw },
  { name: 'statement.iterate', run: (_db, prepared) => [...prepared.select.iterate()], oracle: bareRows },
  {
    name: 'statement.executeBatch',
    run: (_db, prepared) => prepared.insertAny.executeBatch(batch),
    oracle: bareBatch,
  },
  {
    name: 'statement.sql',
    run: (_db, prepared) => prepared.select.sql,
    oracle: () => select,
    whenClosed: select,
  },
];

/** Brings a database into a state, runs the operation there, and brings it out again. */
interface State {
  readonly name: string;
  readonly within: (db: DatabaseSync, run: () => void) => void;
  readonly isTransaction?: true;
}

const states: readonly State[] = [
  { name: 'idle', within: (_db, run) => run() },
  { name: 'idle, with a listener', within: (db, run) => withListener(db, run) },
  {
    name: 'iterating',
    within(db, run) {
      const rows = db.iterate<{ id: number }>('SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3');
      expect(rows.next().value).toEqual({ id: 1 });
      run();
      expect([...rows]).toEqual([{ id: 2 }, { id: 3 }]);
    },
  },
  {
    name: 'in a row mapper',
    within(db, run) {
      const mapped = db.query('SELECT 1 AS id', [], {
        rowMode: () => {
          run();
          return 'mapped';
        },
      });
      expect(mapped).toEqual(['mapped']);
    },
  },
  {
    name: 'in the list of a batch',
    within(db, run) {
      function* list(): Generator<readonly [string, number]> {
        run();
        yield ['one', 1];
      }
      expect(db.executeBatch('UPDATE t SET x = ? WHERE id = ?', list())).toEqual({ changes: 1 });
    },
  },
  {
    name: 'in a transaction',
    isTransaction: true,
    within(db, run) {
      const tx = db.begin();
      run();
      if (tx.isOpen) tx.commit();
    },
  },
  {
    name: 'in a transaction begun in SQL, with a listener',
    isTransaction: true,
    within: (db, run) =>
      withListener(db, () => {
        db.exec('BEGIN IMMEDIATE');
        run();
        db.commit();
      }),
  },
  {
    name: 'in a nested transaction',
    isTransaction: true,
    within: (db, run) => db.transaction(() => db.transaction(() => run())),
  },
  {
    name: 'in a listener',
    within: (db, run) => inListener(db, run, () => db.execute("UPDATE t SET x = 'one' WHERE id = 1")),
  },
  {
    name: 'in a listener of a transaction',
    within: (db, run) =>
      inListener(db, run, () => db.transaction((tx) => tx.execute("UPDATE t SET x = 'one' WHERE id = 1"))),
  },
  {
    name: 'after a failed statement',
    within(db, run) {
      thrownBy(() => db.execute("INSERT INTO t VALUES (50, 'x'), (1, 'again')"));
      run();
    },
  },
];

function withListener(db: DatabaseSync, run: () => void): void {
  const unsubscribe = db.subscribe(() => {});
  run();
  unsubscribe();
}

/** Runs within the delivery of a commit, once. Nothing that fails in there may get lost in `onError`. */
function inListener(db: DatabaseSync, run: () => void, commit: () => void): void {
  let failed: unknown;
  let ran = 0;
  const unsubscribe = db.subscribe(() => {
    if (ran++ > 0) return;
    try {
      expect(db.inTransaction).toBe(false);
      run();
    } catch (error) {
      failed = error;
    }
  });
  commit();
  unsubscribe();
  expect(ran).toBeGreaterThan(0);
  if (failed !== undefined) throw failed;
}

function prepared(db: DatabaseSync): Prepared {
  return { insert: db.prepare(insert), insertAny: db.prepare(insertAny), select: db.prepare(select) };
}

/** A watch is worth its first event, which it may get only when a transaction has ended. */
async function worth(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null || !('nextJson' in result)) return result;
  const watch = result as Watch;
  const event = await watch.next();
  watch.close();
  return event?.type;
}

describe.each(states)('$name', ({ within, isTransaction }) => {
  it.each(operations)('$name does what SQLite does', async ({ run, oracle, inTransaction }) => {
    const bare = new BareDatabase(':memory:');
    onTestFinished(() => bare.close());
    const db = opened();
    for (const one of [db, bare]) one.exec(schema);
    const statements = prepared(db);
    let result: unknown;
    if (isTransaction && inTransaction) {
      within(db, () => expect(thrownBy(() => run(db, statements)).code).toBe(inTransaction));
    } else {
      within(db, () => {
        result = run(db, statements);
      });
      expect(await worth(result)).toEqual(oracle?.(bare));
    }
    expect(db.inTransaction).toBe(false);
    expect(db.query(contents)).toEqual(bare.prepare(contents).all().map(plain));
    expect(db.queryRaw('SELECT * FROM t').columns).toEqual(
      bare
        .prepare('SELECT * FROM t')
        .columns()
        .map(({ name }) => name),
    );
    expect(db.reactiveMetrics().active_watch_count).toBe(0);
  });

  it('inTransaction tells whether this is a transaction', () => {
    const db = opened();
    db.exec(schema);
    within(db, () => expect(db.inTransaction).toBe(isTransaction ?? false));
  });
});

describe('closed handles raise InterfaceError', () => {
  it.each(operations)('$name', (operation) => {
    const db = opened();
    db.exec(schema);
    const statements = prepared(db);
    statements.select.query();
    db.close();
    const call = (): unknown => operation.run(db, statements);
    if ('whenClosed' in operation) expect(call()).toEqual(operation.whenClosed);
    else expect(thrownBy(call)).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    expect(db.inTransaction).toBe(false);
  });

  it('columns of a statement, known or not, are answered or refused so', () => {
    for (const known of [true, false]) {
      const db = opened();
      const statement = db.prepare('SELECT 1 AS one');
      if (known) expect(statement.columns).toEqual(['one']);
      db.close();
      try {
        expect(statement.columns).toEqual(['one']);
      } catch (error) {
        expect(documented(error)).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
      }
    }
  });

  it('an iteration, from where it was', () => {
    const db = opened();
    db.exec(schema);
    const [begun, fresh] = [db.iterate(select), db.prepare(select).iterate()];
    begun.next();
    db.close();
    for (const rows of [begun, fresh]) {
      expect(thrownBy(() => rows.next())).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
      expect(rows.next().done).toBe(true);
      rows.return?.();
    }
  });

  it('a watch, also one that was closed by itself', async () => {
    const db = opened();
    db.exec(schema);
    const [first, second] = [db.watchTable('t'), db.watchQuery(select)];
    first.close();
    db.close();
    for (const watch of [first, second]) {
      expect(watch.isClosed).toBe(true);
      for (const read of [() => watch.next(), () => watch.nextJson(), () => watch.next({ timeoutMs: 5 })]) {
        expect(await rejectionOf(read())).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
      }
      watch.close();
    }
  });

  it('a transaction and a savepoint', () => {
    const db = opened();
    db.exec(schema);
    const tx = db.begin();
    db.close();
    const calls: readonly (() => unknown)[] = [
      () => tx.execute(insert),
      () => tx.exec(several),
      () => tx.query(select),
      () => tx.queryOne(select),
      () => tx.fetchOne(select),
      () => tx.queryRaw(select),
      () => tx.prepare(select),
      () => [...tx.iterate(select)],
      () => tx.executeBatch(insertAny, batch),
      () => tx.savepoint(() => 1),
      () => tx.commit(),
      () => tx.rollback(),
    ];
    for (const call of calls)
      expect(thrownBy(call)).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    tx[Symbol.dispose]();
  });

  it('whatever else would be wrong with the call', () => {
    const db = opened();
    db.exec(schema);
    db.close();
    const calls: readonly (() => unknown)[] = [
      () => db.execute('SELEC'),
      () => db.query('SELECT ?', []),
      () => db.queryOne('SELECT * FROM missing'),
      () => db.exec(''),
      () => db.executeBatch(insert, []),
      () => db.prepare(''),
      () => db.watchTable('missing'),
      () => db.transaction(() => 1),
      () => db.begin('immediate'),
      () => [...db.iterate('SELECT :a', [])],
    ];
    for (const call of calls) expect(thrownBy(call).code, call.toString()).toBe('CLOSED');
  });

  it('close and dispose again do nothing, and taking back a subscription does nothing', () => {
    const db = openSync('');
    const unsubscribe = db.subscribe(() => {});
    db.close();
    for (let round = 0; round < 2; round++) {
      db.close();
      db[Symbol.dispose]();
      unsubscribe();
    }
    expect(db.inTransaction).toBe(false);
  });

  it('while other handles of the file go on', () => {
    const path = temporaryFile();
    const [first, second] = [opened(path), opened(path)];
    first.exec(schema);
    const heard: number[] = [];
    second.subscribe(({ row_changes }) => heard.push(row_changes.length));
    first.close();
    expect(second.query(select)).toHaveLength(3);
    second.execute(insert);
    expect(heard).toEqual([1]);
  });
});

describe('closing', () => {
  /** The ways to close while something is under way; each must end in a result or an InterfaceError. */
  const calls: readonly [name: string, call: (db: DatabaseSync) => unknown, result: unknown][] = [
    ['execute', (db) => db.execute(insert), { changes: 1, lastInsertRowid: 10 }],
    ['executeBatch', (db) => db.executeBatch(insertAny, batch), { changes: 2 }],
    ['transaction', (db) => db.transaction((tx) => tx.execute(insert)), { changes: 1, lastInsertRowid: 10 }],
    ['query of a write', (db) => db.query(`${insert} RETURNING id`), [{ id: 10 }]],
    ['queryOne of a write', (db) => db.queryOne(`${insert} RETURNING id`), { id: 10 }],
    ['queryRaw of a write', (db) => db.queryRaw(`${insert} RETURNING id`), { columns: ['id'], rows: [[10]] }],
    [
      'execute of RETURNING',
      (db) => db.execute(`${insert} RETURNING id`),
      { changes: 1, lastInsertRowid: 10 },
    ],
    ['exec of one statement', (db) => db.exec(insert), undefined],
    ['DDL', (db) => db.exec('CREATE TABLE u (x)'), undefined],
    ['a prepared statement', (db) => db.prepare(insert).execute(), { changes: 1, lastInsertRowid: 10 }],
    [
      'commit',
      (db) => {
        const tx = db.begin();
        tx.execute(insert);
        return tx.commit();
      },
      undefined,
    ],
  ];

  it.each(calls)('in a listener leaves %s its result, and the commit in the file', (_name, call, result) => {
    const path = temporaryFile();
    const errors: unknown[] = [];
    const db = opened(path, { onError: (error) => errors.push(error) });
    db.exec(schema);
    db.subscribe(() => db.close());
    const after: number[] = [];
    db.subscribe(() => after.push(1));
    expect(call(db)).toEqual(result);
    expect([errors, after]).toEqual([[], []]);
    expect(thrownBy(() => db.query(select)).code).toBe('CLOSED');
    const again = opened(path);
    const written = again.query('SELECT id FROM t WHERE id >= 10').length;
    expect(written + again.query("SELECT 1 FROM sqlite_schema WHERE name = 'u'").length).toBeGreaterThan(0);
  });

  it('in a listener ends a script there, with InterfaceError', () => {
    const path = temporaryFile();
    const db = opened(path);
    db.exec(schema);
    db.subscribe(() => db.close());
    expect(thrownBy(() => db.exec(several))).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    expect(opened(path).query('SELECT count(*) AS n FROM t')).toEqual([{ n: 4 }]);
  });

  it('in a row mapper leaves the rows that were read', () => {
    const db = opened();
    db.exec(schema);
    const ids = db.query(select, [], {
      rowMode: (_columns, [id]) => {
        db.close();
        return id;
      },
    });
    expect(ids).toEqual([1, 2, 3]);
  });

  it('in the loop of an iteration ends that with InterfaceError, not in silence', () => {
    const db = opened();
    db.exec(schema);
    const seen: unknown[] = [];
    const loop = (): void => {
      for (const row of db.iterate(select)) {
        seen.push(row);
        db.close();
      }
    };
    expect(thrownBy(loop)).toMatchObject({ name: 'InterfaceError', code: 'CLOSED' });
    expect(seen).toHaveLength(1);
  });

  it('in the list of a batch refuses the batch, which has written nothing', () => {
    const path = temporaryFile();
    const db = opened(path);
    db.exec(schema);
    function* list(): Generator<readonly [number, string]> {
      yield [10, 'ten'];
      db.close();
    }
    expect(thrownBy(() => db.executeBatch(insertAny, list()))).toMatchObject({ name: 'InterfaceError' });
    expect(opened(path).query('SELECT count(*) AS n FROM t')).toEqual([{ n: 3 }]);
  });

  it('again, when a close has woken the reader of a watch, does no harm', async () => {
    const db = opened();
    db.exec(schema);
    const watch = db.watchTable('t');
    await watch.next();
    const waiting = watch.next({ timeoutMs: 20_000 }).then((event) => {
      db.close();
      return event?.type;
    });
    db.close();
    expect(await waiting).toBe('closed');
  });
});

it('arguments of a wrong kind, which TypeScript would refuse, are refused without it, and change nothing', () => {
  const db = opened();
  db.exec(schema);
  const tx = (call: (tx: TransactionSync) => unknown): unknown => db.transaction((open) => call(open));
  const kinds: readonly unknown[] = [undefined, null, 5, {}, Symbol('s')];
  const calls: Readonly<Record<string, (wrong: never) => unknown>> = {
    openSync: (wrong) => openSync(wrong).close(),
    execute: (wrong) => db.execute(wrong),
    exec: (wrong) => db.exec(wrong),
    query: (wrong) => db.query(wrong),
    queryOne: (wrong) => db.queryOne(wrong),
    fetchOne: (wrong) => db.fetchOne(wrong),
    queryRaw: (wrong) => db.queryRaw(wrong),
    iterate: (wrong) => [...db.iterate(wrong)],
    prepare: (wrong) => db.prepare(wrong),
    'executeBatch of a wrong text': (wrong) => db.executeBatch(wrong, batch),
    executeBatch: (wrong) => db.executeBatch(insertAny, wrong),
    transaction: (wrong) => db.transaction(wrong),
    savepoint: (wrong) => tx((open) => open.savepoint(wrong)),
    'execute of a transaction': (wrong) => tx((open) => open.execute(wrong)),
    watchTable: (wrong) => db.watchTable(wrong),
    'watchRange of a wrong table': (wrong) => db.watchRange(wrong, {}),
    watchQuery: (wrong) => db.watchQuery(wrong),
    subscribe: (wrong) => db.subscribe(wrong),
  };
  const others = Object.entries(calls).flatMap(([name, call]) =>
    kinds.flatMap((wrong) => {
      try {
        call(wrong as never);
        return [`${name} takes ${String(wrong)}`];
      } catch (error) {
        return error instanceof FreshetError || error instanceof TypeError
          ? []
          : [`${name} of ${String(wrong)}: ${String(error)}`];
      }
    }),
  );
  expect(others).toEqual([]);
  expect(db.inTransaction).toBe(false);
  expect(db.query('SELECT id FROM t')).toHaveLength(3);
});

describe('the matrix', () => {
  it('covers every method and getter of a database and of a statement', () => {
    const db = opened();
    const named = (prefix: string, object: object): string[] =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(object)).map((name) => prefix + name);
    const covered = new Set(operations.map(({ name }) => name));
    const elsewhere = ['constructor', 'close', 'inTransaction', 'statement.constructor', 'statement.columns'];
    const all = [...named('', db), ...named('statement.', db.prepare('SELECT 1'))];
    expect(all.filter((name) => !covered.has(name) && !elsewhere.includes(name))).toEqual([]);
  });

  it('unsupported calls raise NotSupportedError, never undefined: what api.md promises is there', () => {
    const db = opened();
    const promised: readonly [object, readonly string[]][] = [
      [
        db,
        [
          ...[
            'execute',
            'exec',
            'query',
            'queryOne',
            'queryRaw',
            'iterate',
            'executeBatch',
            'prepare',
            'begin',
          ],
          ...['transaction', 'commit', 'rollback', 'watchTable', 'watchRange', 'watchQuery', 'changeStream'],
          ...['subscribe', 'reactiveMetrics', 'reactiveSubscriptions', 'close'],
        ],
      ],
      [db.prepare('SELECT 1'), ['execute', 'query', 'queryOne', 'queryRaw', 'iterate', 'executeBatch']],
      [
        db.begin() satisfies TransactionSync,
        [
          ...['execute', 'exec', 'query', 'queryOne', 'queryRaw', 'iterate', 'executeBatch', 'prepare'],
          ...['savepoint', 'commit', 'rollback'],
        ],
      ],
      [db.changeStream(), ['next', 'nextJson', 'close']],
    ];
    for (const [object, names] of promised) {
      for (const name of names) expect(Reflect.get(object, name), name).toBeTypeOf('function');
    }
    expect(Symbol.dispose in db && Symbol.asyncIterator in db.changeStream()).toBe(true);
  });
});

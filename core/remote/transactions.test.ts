import { setImmediate as turn } from 'node:timers/promises';
import { type Database, open, openSync, type Transaction } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFile } from '../../tests/support/opening.ts';

const table = 'CREATE TABLE t(v UNIQUE ON CONFLICT ROLLBACK)';
const insert = 'INSERT INTO t VALUES (?)';
const mine = new Error('mine');

async function openedAsync(location = ':memory:'): Promise<Database> {
  const db = await open(location);
  onTestFinished(() => db.close());
  await db.exec(table);
  return db;
}

const values = async (db: Database): Promise<unknown[]> =>
  (await db.query('SELECT v FROM t ORDER BY v')).map(({ v }) => v);

const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    (value) => value,
    (error: { readonly subcode?: string; readonly message: string }) => error.subcode ?? error.message,
  );

describe('savepoints of one transaction that overlap', () => {
  it.for([
    ['their own handles', true],
    ["the transaction's handle", false],
  ] as const)('come one after another, written to by %s', async ([, isOwn]) => {
    const db = await openedAsync();
    const results = await db.transaction(async (tx) => {
      const a = tx.savepoint(async (sp) => {
        const handle = isOwn ? sp : tx;
        await handle.execute(insert, ['a1']);
        await turn();
        await handle.execute(insert, ['a2']);
        return 'a';
      });
      const b = tx.savepoint(async (sp) => {
        const handle = isOwn ? sp : tx;
        await handle.execute(insert, ['b1']);
        await turn();
        throw mine;
      });
      const beside = tx.execute(insert, ['beside']).then(() => 'beside');
      return Promise.all([a, b, beside].map(outcome));
    });
    expect(results).toEqual(['a', 'mine', 'beside']);
    expect(await values(db)).toEqual(['a1', 'a2', 'beside']);
  });

  it('are each undone alone, however many there are', async () => {
    const db = await openedAsync();
    await db.transaction((tx) =>
      Promise.allSettled(
        Array.from({ length: 200 }, (_, v) =>
          tx.savepoint(async (sp) => {
            await sp.execute(insert, [v]);
            if (v % 3 !== 0) throw mine;
          }),
        ),
      ),
    );
    expect(await values(db)).toEqual(Array.from({ length: 67 }, (_, at) => at * 3));
  });

  it('nest, by whichever handle, and end with the transaction when their function ends that', async () => {
    const db = await openedAsync();
    await db.transaction(async (tx) => {
      await tx.savepoint(async (sp) => {
        await sp.savepoint((inner) => inner.execute(insert, [1]));
        await tx.savepoint((inner) => inner.execute(insert, [2]));
        await expect(
          tx.savepoint(async (inner) => {
            await inner.savepoint(() => tx.execute(insert, [3]));
            throw mine;
          }),
        ).rejects.toBe(mine);
      });
      expect((await tx.query('SELECT v FROM t')).length).toBe(2);
    });
    const tx = await db.begin();
    expect(await tx.savepoint((sp) => sp.execute(insert, [4]).then(() => tx.commit()))).toBeUndefined();
    expect(tx.isOpen).toBe(false);
    expect(await values(db)).toEqual([1, 2, 4]);
  });

  it('that are not awaited end before the transaction commits', async () => {
    const db = await openedAsync();
    await db.transaction((tx) => {
      void tx.savepoint(async (sp) => {
        await sp.execute(insert, [1]);
        await turn();
        await sp.execute(insert, [2]);
      });
    });
    expect(await values(db)).toEqual([1, 2]);
  });

  it('give a call up that has waited for them, when its signal aborts', async () => {
    const db = await openedAsync();
    await db.transaction(async (tx) => {
      const go = Promise.withResolvers<void>();
      const savepoint = tx.savepoint(() => go.promise);
      const abort = new AbortController();
      const call = outcome(tx.execute(insert, [1], { signal: abort.signal }));
      abort.abort(mine);
      expect(await call).toBe('mine');
      go.resolve();
      await savepoint;
    });
    expect(await values(db)).toEqual([]);
  });
});

describe('a handle that a function was given', () => {
  it('refuses when the function has ended, of a savepoint as of a transaction, here and in another thread', async () => {
    const db = await openedAsync();
    const handles: Transaction[] = [];
    await db.transaction(async (tx) => {
      handles.push(tx);
      await tx.savepoint(async (sp) => {
        await sp.savepoint((inner) => handles.push(inner));
        handles.push(sp);
      });
      for (const handle of handles.slice(1)) {
        expect(handle.isOpen).toBe(false);
        expect(await outcome(handle.execute(insert, [1]))).toBe('transaction.ended');
        expect(await outcome(handle.iterate('SELECT 1').next())).toBe('transaction.ended');
        expect(await outcome(handle.savepoint(() => 1))).toBe('transaction.ended');
        expect(await outcome(handle.commit())).toBe('transaction.ended');
      }
    });
    for (const handle of handles) expect(await outcome(handle.query('SELECT 1'))).toBe('transaction.ended');

    const here = openSync(':memory:');
    here.exec(table);
    here.transaction((tx) => {
      const ended: (typeof tx)[] = [];
      tx.savepoint((sp) => {
        ended.push(sp);
        here.transaction((inner) => ended.push(inner));
      });
      for (const handle of ended) {
        expect(handle.isOpen).toBe(false);
        expect(() => handle.execute(insert, [1])).toThrow('the savepoint has ended');
        expect(() => handle.commit()).toThrow('the savepoint has ended');
      }
      tx.execute(insert, [2]);
    });
    expect(here.query('SELECT v FROM t')).toEqual([{ v: 2 }]);
    here.close();
  });
});

describe('a transaction that SQLite rolled back by itself', () => {
  it.for([
    ['its handle', (tx: Transaction) => tx.execute(insert, ['later'])],
    ['the database', (_tx: Transaction, db: Database) => db.execute(insert, ['later'])],
    ['a statement', async (_tx: Transaction, db: Database) => (await statementOf(db)).execute(['later'])],
    ['a savepoint', (tx: Transaction) => tx.savepoint((sp) => sp.execute(insert, ['later']))],
    ['an iteration', (tx: Transaction) => tx.iterate(`${insert} RETURNING v`, ['later']).next()],
  ] as const)('takes no more from its function by %s, and rejects', async ([, write]) => {
    const db = await openedAsync();
    await db.execute(insert, ['dup']);
    await statementOf(db);
    const call = db.transaction(async (tx) => {
      await tx.execute(insert, ['first']);
      expect(await outcome(tx.execute(insert, ['dup']))).toBe('constraint.unique');
      expect(await outcome(write(tx, db))).toMatch(/^transaction\.(undone|inside)$/);
      return 'returned';
    });
    expect(await outcome(call)).toBe('transaction.undone');
    expect(await values(db)).toEqual(['dup']);
    await db.transaction((tx) => tx.execute(insert, ['next']));
    expect(await values(db)).toEqual(['dup', 'next']);
  });

  const statements = new WeakMap<Database, ReturnType<Database['prepare']>>();
  function statementOf(db: Database) {
    const known = statements.get(db) ?? db.prepare(insert);
    statements.set(db, known);
    return known;
  }

  it('keeps others out until its function has ended, and a handle of begin() lets them in', async () => {
    const db = await openedAsync();
    await db.execute(insert, ['dup']);
    const order: string[] = [];
    let other: Promise<unknown> | undefined;
    const [asked, ask] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    void asked.promise.then(() => {
      other = db.execute(insert, ['other']).then(() => order.push('other'));
      ask.resolve();
    });
    const call = db.transaction(async (tx) => {
      await outcome(tx.execute(insert, ['dup']));
      asked.resolve();
      await ask.promise;
      await outcome(tx.query('SELECT 1'));
      order.push('function');
    });
    expect(await outcome(call)).toBe('transaction.undone');
    await other;
    expect(order).toEqual(['function', 'other']);
    const tx = await db.begin();
    await outcome(tx.execute(insert, ['dup']));
    await db.execute(insert, ['after']);
    expect(await outcome(tx.execute(insert, ['late']))).toBe('transaction.ended');
    expect(await values(db)).toEqual(['after', 'dup', 'other']);
  });

  it('takes no more from its function in this thread, by whatever call', () => {
    const db = openSync(':memory:');
    db.exec(`${table}; INSERT INTO t VALUES ('dup')`);
    const statement = db.prepare(insert);
    const calls: readonly (readonly [string, () => unknown])[] = [
      ['execute', () => db.execute(insert, ['later'])],
      ['exec', () => db.exec("INSERT INTO t VALUES ('later')")],
      ['query', () => db.query(`${insert} RETURNING v`, ['later'])],
      ['queryOne', () => db.queryOne('SELECT 1')],
      ['fetchOne', () => db.fetchOne('SELECT 1')],
      ['queryRaw', () => db.queryRaw('SELECT 1')],
      ['iterate', () => [...db.iterate('SELECT 1')]],
      ['executeBatch', () => db.executeBatch(insert, [['later']])],
      ['prepare', () => db.prepare('SELECT 1')],
      ['begin', () => db.begin()],
      ['transaction', () => db.transaction(() => {})],
      ['commit', () => db.commit()],
      ['a statement', () => statement.execute(['later'])],
      ['a query of a statement', () => statement.query(['later'])],
      ['a batch of a statement', () => statement.executeBatch([['later']])],
    ];
    for (const [name, call] of calls) {
      const rows = db.iterate('SELECT 1 UNION ALL SELECT 2');
      const run = (): void =>
        db.transaction((tx) => {
          rows.next();
          tx.execute(insert, ['first']);
          expect(() => tx.execute(insert, ['dup'])).toThrow();
          expect(call, name).toThrow(expect.objectContaining({ subcode: 'transaction.undone' }));
          expect(() => tx.execute(insert, ['later'])).toThrow(
            expect.objectContaining({ subcode: 'transaction.undone' }),
          );
          expect(() => rows.next()).toThrow(expect.objectContaining({ subcode: 'transaction.undone' }));
        });
      expect(run, name).toThrow(expect.objectContaining({ subcode: 'transaction.undone' }));
      expect(db.query('SELECT v FROM t'), name).toEqual([{ v: 'dup' }]);
    }
    db.execute(insert, ['next']);
    const tx = db.begin();
    expect(() => tx.execute(insert, ['dup'])).toThrow();
    db.execute(insert, ['after']);
    expect(() => tx.execute(insert, ['late'])).toThrow('the transaction has ended');
    expect(db.query('SELECT v FROM t').length).toBe(3);
    db.close();
  });
});

describe('a transaction that its function ends in SQL', () => {
  it.for([
    ['COMMIT', [1]],
    ['END', [1]],
    ['ROLLBACK', []],
  ] as const)('by %s stays ended, here and in another thread, and later calls are refused', async ([
    sql,
    kept,
  ]) => {
    const db = await openedAsync();
    const result = await db.transaction(async (tx) => {
      await tx.execute(insert, [1]);
      await tx.execute(sql);
      expect(await outcome(tx.execute(insert, [2]))).toBe('transaction.ended');
      return 'returned';
    });
    expect([result, await values(db)]).toEqual(['returned', kept]);
    expect(await db.transaction((tx) => tx.savepoint((sp) => sp.exec(sql)))).toBeUndefined();

    const here = openSync(':memory:');
    here.exec(table);
    const returned = here.transaction((tx) => {
      tx.execute(insert, [1]);
      tx.execute(sql);
      expect(() => tx.execute(insert, [2])).toThrow('the transaction has ended');
      return 'returned';
    });
    expect([returned, here.query('SELECT v FROM t').map(({ v }) => v)]).toEqual(['returned', kept]);
    here.close();
  });

  it('may have no other one begun in SQL', async () => {
    const db = await openedAsync();
    const result = outcome(
      db.transaction(async (tx) => {
        await tx.execute(insert, [1]);
        await tx.exec(`COMMIT; BEGIN; INSERT INTO t VALUES (2)`);
      }),
    );
    expect(await result).toBe('transaction.in_sql');
    expect([db.inTransaction, await values(db)]).toEqual([false, [1]]);
  });
});

describe('BEGIN in SQL', () => {
  it.for(['BEGIN', 'begin immediate', 'SAVEPOINT s'])('is refused by a Database: %s', async (sql) => {
    const db = await openedAsync();
    const calls = [
      () => db.execute(sql),
      () => db.query(sql),
      () => db.queryOne(sql),
      () => db.iterate(sql).next(),
      () => db.prepare(sql),
      () => db.exec(`${sql}; INSERT INTO t VALUES (1)`),
    ];
    for (const call of calls) {
      expect(await outcome(call())).toBe('transaction.in_sql');
      expect(db.inTransaction).toBe(false);
    }
    await db.execute(insert, [2]);
    expect(await outcome(db.execute('ROLLBACK'))).toBe('transaction.state');
    expect(await values(db)).toEqual([2]);
  });

  it('works in a script that ends it, and one that fails inside of it is rolled back', async () => {
    const db = await openedAsync();
    await db.exec(
      'BEGIN; INSERT INTO t VALUES (1); COMMIT; SAVEPOINT s; INSERT INTO t VALUES (2); RELEASE s',
    );
    const other = outcome(db.exec('BEGIN; INSERT INTO t VALUES (3); INSERT INTO nowhere VALUES (1); COMMIT'));
    await db.execute(insert, [4]);
    expect(await other).toBe('sql.relation_not_found');
    expect(await values(db)).toEqual([1, 2, 4]);
    await db.transaction(async (tx) => {
      await tx.exec(
        'SAVEPOINT s; INSERT INTO t VALUES (5); ROLLBACK TO s; RELEASE s; INSERT INTO t VALUES (6)',
      );
    });
    expect(await values(db)).toEqual([1, 2, 4, 6]);
  });
});

describe('inside of the function of a transaction', () => {
  it.for([':memory:', 'file'])('every call of the database itself is refused at once: %s', async (where) => {
    const db = await openedAsync(where === 'file' ? temporaryFile() : where);
    const statement = await db.prepare('SELECT v FROM t');
    const unsubscribe = await db.subscribe(() => {});
    onTestFinished(unsubscribe);
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      execute: () => db.execute(insert, [2]),
      exec: () => db.exec('SELECT 1'),
      query: () => db.query('SELECT 1'),
      queryOne: () => db.queryOne('SELECT 1'),
      fetchOne: () => db.fetchOne('SELECT 1'),
      queryRaw: () => db.queryRaw('SELECT 1'),
      iterate: () => db.iterate('SELECT 1').next(),
      executeBatch: () => db.executeBatch(insert, [[2]]),
      prepare: () => db.prepare('SELECT 1'),
      statement: () => statement.query(),
      begin: () => db.begin(),
      transaction: () => db.transaction(() => {}),
      commit: () => db.commit(),
      rollback: () => db.rollback(),
      watchTable: () => db.watchTable('t'),
      watchRange: () => db.watchRange('t', {}),
      watchQuery: () => db.watchQuery('SELECT v FROM t'),
      changeStream: () => db.changeStream(),
      subscribe: () => db.subscribe(() => {}),
      metrics: () => db.reactiveMetrics(),
      subscriptions: () => db.reactiveSubscriptions(),
      cache: () => db.statementCacheStats(),
    };
    await db.transaction(async (tx) => {
      await tx.execute(insert, [1]);
      for (const [name, call] of Object.entries(calls)) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error, name).toMatchObject({ name: 'OperationalError', subcode: 'transaction.inside' });
        expect(String(error), name).toContain('Call `tx`');
      }
      await tx.savepoint(async () => expect(await outcome(db.query('SELECT 1'))).toBe('transaction.inside'));
    });
    for (const [name, call] of Object.entries(calls)) if (name !== 'begin') await call().catch(() => {});
    expect((await values(db)).filter((v) => v === 1)).toEqual([1]);
  });

  it('another database answers, and one around it does not', async () => {
    const [db, other] = [await openedAsync(), await openedAsync()];
    await db.transaction(async () => {
      await other.execute(insert, [1]);
      await other.transaction(async (tx) => {
        await tx.execute(insert, [2]);
        expect(await outcome(db.query('SELECT 1'))).toBe('transaction.inside');
      });
    });
    expect(await values(other)).toEqual([1, 2]);
  });

  it('work that goes on after its end may call the database', async () => {
    const db = await openedAsync();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    let later: Promise<unknown> | undefined;
    await db.transaction(async (tx) => {
      later = ended.then(() => db.execute(insert, [2]));
      await tx.execute(insert, [1]);
    });
    end();
    await later;
    expect(await values(db)).toEqual([1, 2]);
  });

  it('a live query can be subscribed, and to wait for it is refused', async () => {
    const db = await openedAsync();
    const query = live(db, 'SELECT v FROM t');
    await db.transaction(async (tx) => {
      const subscription = query.subscribe();
      onTestFinished(() => subscription.unsubscribe());
      expect(await outcome(settled(db))).toBe('transaction.inside');
      await tx.execute(insert, [1]);
    });
    await settled(db);
    expect(query.value).toEqual([{ v: 1 }]);
  });

  it('close() rolls back and ends it', async () => {
    const path = temporaryFile();
    const db = await openedAsync(path);
    const call = db.transaction(async (tx) => {
      await tx.execute(insert, [1]);
      await db.close();
      await tx.execute(insert, [2]);
    });
    await expect(call).rejects.toMatchObject({ code: 'CLOSED' });
    const here = openSync(path);
    expect(here.query('SELECT v FROM t')).toEqual([]);
    here.close();
  });
});

import { type Database, FreshetError, open, openSync, ProgrammingError, toJson } from 'freshet';
import { live } from 'freshet/reactive';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnyDatabase, argumentCalls } from './fuzz/argument-calls.ts';
import { hostileValues, thrown } from './fuzz/hostile-values.ts';

/** Of `open`, which takes a thread for each: what it refuses is refused before that. */
const opened: Record<string, (value: never) => Promise<Database>> = {
  'open location': (v) =>
    typeof v === 'string' ? Promise.reject(new ProgrammingError('', { code: 'CONFIG' })) : open(v),
  'open readers': (v) => open(':memory:', { readers: v, mode: 'x' as never }),
  'open intMode': (v) => open(':memory:', { intMode: v }),
};

async function outcome(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe.each(['DatabaseSync', 'Database'] as const)('hostile arguments of a %s', (kind) => {
  let db: AnyDatabase;
  beforeAll(async () => {
    db = kind === 'Database' ? await open(':memory:') : openSync(':memory:');
    await db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1)');
  });
  afterAll(() => db.close());

  it.each(
    Object.keys(argumentCalls),
  )('%s: what it does not take is refused by an error of Freshet', async (name) => {
    for (const [what, value] of Object.entries(hostileValues())) {
      // A promise of a revoked proxy is rejected by the language itself.
      if (name === 'transaction result' && kind === 'Database' && what.startsWith('a revoked')) continue;
      const error = await outcome(() => argumentCalls[name]?.(db, value as never));
      // What the value itself throws is the caller's own.
      if (error !== undefined && error !== thrown && !(error instanceof FreshetError))
        throw new Error(`${name}, given ${what}: ${String(error)}`, { cause: error });
    }
    // Nothing is left open, and nothing was written.
    expect(await db.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 1 }]);
    expect(db.inTransaction).toBe(false);
  });
});

it.each(Object.keys(opened))('%s: what it does not take is refused by an error of Freshet', async (name) => {
  for (const [what, value] of Object.entries(hostileValues())) {
    if (value === 'no such thing') continue;
    const error = await outcome(async () => (await opened[name]?.(value as never))?.close());
    if (!(error instanceof FreshetError)) throw new Error(`${name}, given ${what}: ${String(error)}`);
  }
});

describe('the message of a refusal', () => {
  const db = openSync(':memory:');
  db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY)');
  afterAll(() => db.close());
  const messageOf = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      expect(error).toBeInstanceOf(FreshetError);
      return (error as Error).message;
    }
    return '';
  };

  it.each<[string, () => unknown]>([
    ['fn is 5: it must be a function.', () => db.transaction(5 as never)],
    ['tables[1] is a symbol: it must be a text.', () => db.watchTable(['t', Symbol('s')] as never)],
    [
      'queueCapacity is an object: it must be a number of events.',
      () => db.watchTable('t', { queueCapacity: {} as never }),
    ],
    [
      'Unknown key "lwer" in range. Did you mean "lower"? Known are column, lower, upper, lowerInclusive, upperInclusive.',
      () => db.watchRange('t', { lwer: 1 } as never),
    ],
    [
      'Unknown key "rowmode" in options. Did you mean "rowMode"? Known are rowMode.',
      () => db.query('SELECT 1', [], { rowmode: 'array' } as never),
    ],
    [
      'db is "x": it must be a database that open() or openSync() gave.',
      () => live('x' as never, 'SELECT 1'),
    ],
    [
      'schedule is "soon": it must be one of sync, microtask, frame.',
      () => live(db, 'SELECT 1', [], { schedule: 'soon' as never }),
    ],
    [
      'There are 4294967295 parameters: a statement has 32766 at most.',
      () => live(db, 'SELECT ?', Object.assign([], { length: 2 ** 32 - 1 })),
    ],
  ])('says %s', (message, call) => expect(messageOf(call)).toBe(message));

  it('names an option of openSync that is nearly right', () => {
    expect(messageOf(() => openSync(':memory:', { busyTimeout: 5 } as never))).toContain(
      'Did you mean "busyTimeoutMs"?',
    );
  });

  it('refuses a batch of 2^32 - 1 holes at the first', () => {
    const list = Object.assign([], { length: 2 ** 32 - 1 });
    expect(messageOf(() => db.executeBatch('INSERT INTO t VALUES (?)', list))).toContain(
      'paramsList[0] is undefined',
    );
  });

  it('keeps what an accessor throws as the cause', () => {
    const options = Object.defineProperty({}, 'queueCapacity', {
      get: () => {
        throw thrown;
      },
      enumerable: true,
    });
    try {
      db.watchTable('t', options);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'ARGUMENT', cause: thrown });
    }
  });
});

it('makes no JSON of what refers to itself', () => {
  const circle: unknown[] = [];
  circle.push(circle);
  expect(() => toJson(circle)).toThrow(ProgrammingError);
});

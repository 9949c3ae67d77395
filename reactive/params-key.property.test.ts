import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Params } from '../core/values.ts';
import { paramsKey } from './params-key.ts';

const seeded = process.env.FRESHET_SEED === undefined ? {} : { seed: Number(process.env.FRESHET_SEED) };

/** Few of them, so that equal ones meet, and texts that look like what a key is made of. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    '1',
    '=',
    'a',
    'a=number1',
    'number1',
    '"',
    '","',
    '\ud800',
    '\udc00',
    '\0',
    '__proto__',
  ),
  fc.string({ maxLength: 3 }),
);
const value = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, false, 0, -0, 1, 1n, 0n, Number.NaN, Number.POSITIVE_INFINITY, 'null'),
  fc.double(),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.uint8Array({ maxLength: 2 }),
  fc.integer({ min: 0, max: 3 }).map((time) => new Date(time)),
);
const record = fc.dictionary(text, value, { maxKeys: 3, noNullPrototype: false });
const params = fc.oneof(fc.array(value, { maxLength: 3 }), record) as fc.Arbitrary<Params>;

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.join() === b.join();
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  return Object.is(a, b);
}

function sameParams(a: Params, b: Params): boolean {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  if (left.length !== right.length) return false;
  // Nothing is bound by either.
  if (left.length === 0) return true;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return left.every(([name, one], at) => right[at]?.[0] === name && same(one, right[at]?.[1]));
}

describe('the key of parameters', () => {
  it('is the same for those of the same names, types and values, and only for those', () => {
    fc.assert(
      fc.property(params, params, (a, b) => {
        expect(paramsKey(a) === paramsKey(b)).toBe(sameParams(a, b));
      }),
      { numRuns: 5000, ...seeded },
    );
  });

  it('tells a list from a record whose names and values look like its elements', () => {
    expect(paramsKey(['a=number1'])).not.toBe(paramsKey({ a: 1 }));
    expect(paramsKey(['=number1'])).not.toBe(paramsKey({ '': 1 }));
    expect(paramsKey({ string: 1 })).not.toBe(paramsKey(['=number1']));
    expect(paramsKey({ a: 1, b: 2 })).not.toBe(paramsKey({ 'a=number1,b': 2 }));
  });

  it('is there for whatever a list may hold', () => {
    const detached = new Uint8Array(4);
    structuredClone(detached, { transfer: [detached.buffer] });
    const odd: unknown[] = [
      ...[new DataView(new ArrayBuffer(2)), new ArrayBuffer(2), Object.create(null), Symbol('s'), undefined],
      ...[detached, new Date(Number.NaN), Object.create(Uint8Array.prototype), Object.create(Date.prototype)],
      new Proxy(new Uint8Array(1), {}),
      Object.assign(() => {}, { toString: () => expect.fail('called') }),
      { [Symbol.toPrimitive]: () => expect.fail('called') },
      ...[runInNewContext('new Uint8Array([1, 2])'), runInNewContext('new Date(1)')],
    ];
    for (const one of odd) {
      expect(paramsKey([one] as unknown as Params)).toBeTypeOf('string');
      expect(paramsKey({ one } as unknown as Params)).toBeTypeOf('string');
    }
    expect(paramsKey(new Array(2) as unknown as Params)).toBe(paramsKey([undefined, undefined] as never));
    expect(paramsKey([runInNewContext('new Uint8Array([1, 2])') as Uint8Array])).toBe(
      paramsKey([new Uint8Array([1, 2])]),
    );
  });
});

import { inspect, isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { rowsView } from './rows-view.ts';

interface Row {
  readonly id: number;
  readonly name: string;
}

const rows: readonly Row[] = Object.freeze(
  Array.from({ length: 50 }, (_, id) => Object.freeze({ id, name: `row ${id}` })),
);

/** A view, and how often all rows were asked for. */
function made() {
  const asked = { all: 0 };
  const view = rowsView<Row>({
    size: rows.length,
    row: (index) => rows[index] as Row,
    rows: (from, to) => {
      if (from === 0 && to === rows.length) asked.all++;
      return rows.slice(from, to);
    },
  });
  return { view, asked };
}

const stages = {
  untouched: () => made().view,
  'laid out': () => {
    const { view } = made();
    Object.keys(view);
    return view;
  },
};

type Read = (list: readonly Row[]) => unknown;
const row7 = rows[7] as Row;
const isEven = (row: Row) => row.id % 2 === 0;
/** Every method of Array.prototype that reads. Completeness is checked below. */
const reading: Readonly<Record<string, readonly Read[]>> = {
  at: [(list) => [list.at(0), list.at(-1), list.at(50), list.at(-51)]],
  concat: [(list) => list.concat([row7], row7), (list) => ([] as Row[]).concat(list, list)],
  entries: [(list) => [...list.entries()]],
  every: [(list) => [list.every(isEven), list.every((row) => row.id < 50)]],
  filter: [(list) => list.filter(isEven)],
  find: [(list) => [list.find((row) => row.id === 7), list.find((row) => row.id === 77)]],
  findIndex: [(list) => list.findIndex((row) => row.id === 7)],
  findLast: [(list) => list.findLast(isEven)],
  findLastIndex: [(list) => list.findLastIndex(isEven)],
  flat: [(list) => list.flat()],
  flatMap: [(list) => list.flatMap((row) => [row.id, row.name])],
  forEach: [(list) => calls((visit) => list.forEach(visit))],
  includes: [(list) => [list.includes(row7), list.includes({ ...row7 }), list.includes(row7, 8)]],
  indexOf: [(list) => [list.indexOf(row7), list.indexOf(row7, 8), list.indexOf(row7, -49)]],
  join: [(list) => list.join('-'), (list) => list.join()],
  keys: [(list) => [...list.keys()]],
  lastIndexOf: [(list) => [list.lastIndexOf(row7), list.lastIndexOf(row7, 3)]],
  map: [(list) => list.map((row, index) => [row.id, index]), (list) => calls((visit) => list.map(visit))],
  reduce: [
    (list) => list.reduce((sum, row) => sum + row.id, 0),
    (list) => list.reduce((a, b) => (a.id > b.id ? a : b)),
    (list) => list.reduce((ok, row, index, all) => ok && all === list && all[index] === row, true),
  ],
  reduceRight: [(list) => list.reduceRight((text, row) => text + row.id, '')],
  slice: [
    (list) => list.slice(),
    ...[0, 3, -3, 49, 50, 99, -99, 1.7, Number.NaN, Number.POSITIVE_INFINITY].flatMap((start): Read[] => [
      (list) => list.slice(start),
      (list) => list.slice(start, 10),
      (list) => list.slice(start, -10),
      (list) => list.slice(undefined, start),
      (list) => list.slice(start, null as unknown as number),
      (list) => list.slice(`${start}` as unknown as number),
    ]),
  ],
  some: [(list: readonly Row[]) => [list.some(isEven), list.some((row) => row.id > 50)]],
  toLocaleString: [(list: readonly Row[]) => list.toLocaleString()],
  toReversed: [(list) => list.toReversed()],
  toSorted: [(list) => list.toSorted((a, b) => b.id - a.id), (list) => list.toSorted()],
  toSpliced: [(list) => list.toSpliced(3, 2, row7)],
  toString: [(list: readonly Row[]) => list.toString(), (list: readonly Row[]) => String(list)],
  values: [(list) => [...list.values()]],
  with: [(list) => list.with(0, row7), (list) => list.with(-1, row7)],
};

/** What a callback gets, and as what; the array it gets must be the one that was asked. */
function calls(run: (visit: (row: Row, index: number, all: readonly Row[]) => void) => void): unknown[] {
  const seen: unknown[] = [];
  run((row, index, all) => seen.push([row, index, all.length]));
  return seen;
}

const others: Readonly<Record<string, Read>> = {
  'Array.isArray': (list) => Array.isArray(list),
  // biome-ignore lint/suspicious/useIsArray: what others ask.
  instanceof: (list) => list instanceof Array,
  'the prototype': (list) => Object.getPrototypeOf(list) === Array.prototype,
  constructor: (list: readonly Row[]) => list.constructor === Array,
  tag: (list) => Object.prototype.toString.call(list),
  length: (list) => list.length,
  indexes: (list) => [list[0], list[49], list[50], list[-1], list['7' as unknown as number]],
  'odd indexes': (list) =>
    ['07', '1.5', '-0', ' 1', '4294967295', '1e1', ''].map((key) => list[key as never]),
  'unknown names': (list) => [list['then' as never], list[Symbol.toStringTag as never]],
  spread: (list) => [...list],
  'spread as arguments': (list) => Math.max(...list.map((row) => row.id)),
  'as an argument list': (list) => Array.of.apply(null, list as never),
  destructuring: (list) => {
    const [first, , third, ...rest] = list;
    return { first, third, rest };
  },
  'for of': (list) => {
    const seen: Row[] = [];
    for (const row of list) seen.push(row);
    return seen;
  },
  'for in': (list) => {
    const seen: string[] = [];
    for (const key in list) seen.push(key);
    return seen;
  },
  'an index loop, twice': (list) => {
    const seen: unknown[] = [];
    for (let round = 0; round < 2; round++) for (let i = 0; i < list.length; i++) seen.push(list[i]);
    return seen;
  },
  in: (list) => [0 in list, 49 in list, 50 in list, 'length' in list, 'map' in list, '01' in list],
  hasOwn: (list) => [Object.hasOwn(list, 0), Object.hasOwn(list, 50), Object.hasOwn(list, 'map')],
  'Object.keys': (list) => Object.keys(list),
  'Object.entries': (list) => Object.entries(list),
  'Reflect.ownKeys': (list) => Reflect.ownKeys(list),
  descriptors: (list) => Object.getOwnPropertyDescriptors(list),
  'Array.from': (list) => Array.from(list),
  'a Set': (list) => new Set(list),
  'Object.assign': (list) => Object.assign({}, list),
  'JSON.stringify': (list) => JSON.stringify({ list }),
  // Node 26 says that it is a Proxy; what it shows of it is the array.
  'util.inspect': (list) => inspect(list).replace(/^Proxy\((.*)\)$/s, '$1'),
  isDeepStrictEqual: (list) => [isDeepStrictEqual(list, [...rows]), isDeepStrictEqual([...rows], list)],
  frozen: (list) => [Object.isFrozen(list), Object.isSealed(list), Object.isExtensible(list)],
  freezing: (list) => Object.freeze(list) === list,
  'a generic method': (list) => Array.prototype.map.call(list, (row) => row),
  'a method elsewhere': (list) =>
    [list.map, list.slice, list.join].map((method) => Reflect.apply(method, [1, 2], [String])),
  'the same method': (list) => new Set([list.map, list.map]).size,
  'a callback that is none': (list) => thrown(() => list.map(7 as never)),
  'reducing nothing': (list) => thrown(() => list.reduce(7 as never)),
};

function thrown(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as Error).constructor.name;
  }
  return undefined;
}

type Write = (list: Row[]) => unknown;
const writing: Record<string, Write> = {
  copyWithin: (list) => list.copyWithin(0, 5, 8),
  fill: (list) => list.fill(row7),
  pop: (list) => list.pop(),
  push: (list) => list.push(row7),
  reverse: (list) => list.reverse(),
  shift: (list) => list.shift(),
  sort: (list) => list.sort(() => 0),
  splice: (list) => list.splice(0, 1),
  unshift: (list) => list.unshift(row7),
  'splice of nothing': (list) => list.splice(0, 0),
  'push of nothing': (list) => list.push(),
  'an index': (list) => {
    list[0] = row7;
  },
  'a new index': (list) => {
    list[50] = row7;
  },
  'a property': (list) => Object.assign(list, { extra: 1 }),
  length: (list) => {
    list.length = 0;
  },
  'the same length': (list) => {
    list.length = 50;
  },
  delete: (list) => delete list[0],
  'defineProperty of an index': (list) => Object.defineProperty(list, 0, { value: row7 }),
  'defineProperty of a name': (list) => Object.defineProperty(list, 'extra', { value: 1 }),
  setPrototypeOf: (list) => Object.setPrototypeOf(list, null),
  'a generic push': (list) => Array.prototype.push.call(list, row7),
};

describe.each(Object.entries(stages))('A view, %s,', (_, view) => {
  test.each(Object.entries(reading))('reads %s as the frozen array', (_, reads) => {
    for (const read of reads) expect(read(view())).toEqual(read(rows));
  });

  test.each(Object.entries(others))('answers %s as the frozen array', (_, read) => {
    expect(read(view())).toEqual(read(rows));
  });

  test.each(Object.entries(writing))('refuses %s with a TypeError', (_, write) => {
    const list = view();
    expect(() => write(rows as Row[])).toThrow(TypeError);
    expect(() => write(list as Row[])).toThrow(TypeError);
    expect(list).toEqual(rows);
  });

  test('equals the array both ways, strictly as well', () => {
    expect(view()).toEqual([...rows]);
    expect([...rows]).toEqual(view());
    expect(view()).toStrictEqual([...rows]);
    expect(view()).not.toEqual(rows.slice(1));
    expect({ rows: view() }).toMatchObject({ rows: [...rows] });
  });

  test('gives itself to a callback', () => {
    const list = view();
    const seen = new Set<unknown>();
    const self = {};
    list.forEach(function (this: unknown, _row, _index, all) {
      seen.add(all).add(this);
    }, self);
    list.reduceRight((_, _row, _index, all) => seen.add(all), seen);
    expect(seen).toEqual(new Set([list, self]));
  });
});

test('The tables know every method of Array.prototype', () => {
  const names = Object.getOwnPropertyNames(Array.prototype).filter(
    (name) => name !== 'constructor' && name !== 'length',
  );
  expect([...Object.keys(reading), ...Object.keys(writing)]).toEqual(expect.arrayContaining(names));
});

test('A view is laid out once, and not for its length, single rows or a page', () => {
  const { view, asked } = made();
  expect([view.length, view[3], view.at(-1), view.slice(2, 9).length, 5 in view]).toEqual([
    50,
    rows[3],
    rows[49],
    7,
    true,
  ]);
  expect(asked.all).toBe(0);
  view.map((row) => row);
  JSON.stringify(view);
  Object.keys(view);
  expect(asked.all).toBe(1);
});

test('A view is laid out once its rows were read one by one as often as there are some', () => {
  const { view, asked } = made();
  for (let i = 0; i < view.length; i++) view[i];
  expect(asked.all).toBe(0);
  view[0];
  expect(asked.all).toBe(1);
});

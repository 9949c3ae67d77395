import fc from 'fast-check';
import type { DatabaseSync } from 'freshet';
import { update } from 'freshet/reactive';
import { produce } from 'immer';
import { describe, expect, it } from 'vitest';
import { opened } from '../../tests/support/opening.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json | undefined };

/**
 * No key ends with a backslash: once V8's JSON.parse (Node 26) has met one, it takes keys that have an escape at that
 * place for it.
 */
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'tags') },
  fc.constantFrom(
    'a.b',
    '$',
    '[0]',
    '#',
    '"',
    'a"b',
    '\\x',
    "it's",
    '',
    ' ',
    'é',
    '\u{1f600}',
    '\n',
    '\ufffd',
    '0',
    '1',
  ),
  fc.string({ unit: 'binary', maxLength: 3 }).filter((text) => !text.endsWith('\\')),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true }),
  fc.constantFrom<Json>(
    null,
    true,
    false,
    '',
    'x',
    '5',
    'null',
    -0,
    1e21,
    5e-324,
    2n ** 53n + 1n,
    -(10n ** 20n),
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('\ud800', '\ufffd', '\u0000', '"\\'),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie('json'), { maxLength: 5 }) },
    { weight: 3, arbitrary: fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }) },
  ),
})).json;
const container = json.filter((value) => typeof value === 'object' && value !== null);

/** How a document may be written before; SQLite reads all of them. */
type Form = 'minified' | 'spaced' | 'binary' | 'twice' | 'json5';

interface Edit {
  /** At which of the containers, of those there are. */
  readonly at: number;
  readonly op: 'set' | 'delete' | 'push' | 'splice' | 'insert' | 'reverse' | 'undefined' | 'swap' | 'same';
  readonly key: string;
  readonly index: number;
  readonly value: Json;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(20),
  op: fc.constantFrom<Edit['op']>(
    'set',
    'set',
    'delete',
    'push',
    'splice',
    'insert',
    'reverse',
    'undefined',
    'swap',
    'same',
  ),
  key,
  index: fc.nat(6),
  value: json,
});

interface Row {
  id: number;
  title: string | null;
  amount: number | bigint;
  meta: Json;
  more: Json;
}

const rowEdit = fc.record({
  title: fc.option(
    fc.oneof(fc.constant('One'), fc.string({ unit: 'binary', maxLength: 3 }).filter(isStorable)),
    {
      nil: undefined,
    },
  ),
  amount: fc.option(fc.oneof(fc.integer({ min: 0, max: 2 }), fc.bigInt({ min: 0n, max: 2n ** 60n })), {
    nil: undefined,
  }),
  meta: fc.array(edit, { maxLength: 4 }),
  more: fc.array(edit, { maxLength: 1 }),
  whole: fc.option(json.filter(isColumn), { nil: undefined, freq: 6 }),
});

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\ufffd');
}

/** A number that is a document by itself is a number of SQL: it has 64 bits or a fraction, and no negative zero. */
function isColumn(value: Json): boolean {
  return typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : !Object.is(value, -0);
}

/** All objects and arrays inside, in some order. */
function containersOf(value: unknown): (Json[] | { [key: string]: Json | undefined })[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value as Json[], ...Object.values(value).flatMap(containersOf)];
}

function apply(document: unknown, edits: readonly Edit[]): void {
  for (const { at, op, key, index, value } of edits) {
    const found = containersOf(document);
    const target = found[at % found.length];
    if (!target) return;
    const keys = Object.keys(target);
    const existing = keys[index % keys.length];
    const copy = structuredClone(value);
    if (Array.isArray(target)) {
      if (op === 'push') target.push(copy, copy);
      else if (op === 'insert') target.splice(index % (target.length + 1), 0, copy);
      else if (op === 'splice')
        target.splice(index % (target.length + 1), 1 + (index % 2), ...(index % 3 === 0 ? [copy] : []));
      else if (op === 'reverse') target.reverse();
      else if (op === 'delete') target.length = Math.min(target.length, index);
      else if (op === 'swap' && target.length > 1) target.unshift(target.pop() as Json);
      else if (op === 'same' && existing !== undefined)
        target[Number(existing)] = structuredClone(plain(target[Number(existing)]));
      else target[Math.min(index, target.length)] = copy;
    } else if (op === 'delete' && existing !== undefined) delete target[existing];
    else if (op === 'undefined' && existing !== undefined) target[existing] = undefined;
    else if (op === 'same' && existing !== undefined)
      target[existing] = structuredClone(plain(target[existing]));
    else if (op === 'swap' && existing !== undefined) target[key] = target[existing];
    else target[existing !== undefined && index % 2 === 0 ? existing : key] = copy;
  }
}

/** Of a draft, what it stands for. */
function plain(value: Json | undefined): Json {
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
}

/** One text for one value, as JSON knows values: the order of members doesn't count, members that are undefined do not. */
function canonical(value: unknown): string {
  if (value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') {
    if (Object.is(value, -0)) return '-0';
    return Number.isInteger(value) ? String(BigInt(value)) : String(value);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonical).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    .sort()
    .join()}}`;
}

function parsed(text: string): unknown {
  const exact = (_: string, value: unknown, context?: { source: string }): unknown =>
    typeof value === 'number' && /^-?\d{16,}$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** JSON text, with bigints as they are. */
function text(value: Json | undefined): string {
  if (typeof value === 'bigint') return String(value);
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map(text).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${text(member)}`)
    .join()}}`;
}

function written(value: Json, form: Form): string {
  const minified = text(value);
  if (form === 'spaced') return ` ${minified.replace(/^([[{])/, '$1 \n')} `;
  if (form === 'json5') return `/* five */ ${minified}`;
  if (form === 'twice' && !Array.isArray(value)) {
    const [first] = Object.keys(value ?? {});
    if (first !== undefined) return minified.replace(/^\{/, `{${JSON.stringify(first)}:"first",`);
  }
  return minified;
}

const columns = ['title', 'amount', 'meta', 'more'];

function withRow(meta: Json, form: Form): DatabaseSync {
  const db = opened();
  db.exec(`CREATE TABLE t(id INTEGER PRIMARY KEY, title TEXT, amount INTEGER, meta JSON, more JSON NOT NULL DEFAULT '{"tags":[]}');
    CREATE TABLE named(name TEXT);`);
  const value = form === 'binary' ? 'jsonb(?)' : '?';
  db.execute(`INSERT INTO t(id, title, amount, meta) VALUES (1, 'One', 1, ${value})`, [written(meta, form)]);
  for (const name of columns) {
    db.exec(
      `CREATE TRIGGER of_${name} AFTER UPDATE OF ${name} ON t BEGIN INSERT INTO named VALUES ('${name}'); END`,
    );
  }
  return db;
}

function stored(db: DatabaseSync): Row {
  const row = db.fetchOne<Record<string, string>>(
    'SELECT id, title, amount, typeof(meta) AS type, json(meta) AS meta, more FROM t',
  );
  return { ...row, meta: parsed(String(row.meta)), more: parsed(String(row.more)) } as unknown as Row;
}

const shown = (value: unknown): string => canonical(value);

describe('update, by immer in memory', () => {
  it('stores what immer makes of the row, and names only columns that differ', () => {
    fc.assert(
      fc.property(
        container,
        fc.constantFrom<Form>('minified', 'minified', 'spaced', 'binary', 'twice', 'json5'),
        rowEdit,
        (meta, form, { title, amount, meta: edits, more, whole }) => {
          const db = withRow(meta, form);
          const before = stored(db);
          if (form === 'twice') before.meta = parsed(written(meta, form)) as Json;
          const recipe = (row: Row): void => {
            if (title !== undefined) row.title = title;
            if (amount !== undefined) row.amount = amount;
            if (whole !== undefined) row.meta = structuredClone(whole);
            apply(row.meta, edits);
            apply(row.more, more);
          };
          const expected = produce(before, recipe);
          const result = update<Row>(db, 't', 1, recipe);
          const after = stored(db);
          const differing = columns.filter(
            (name) => shown(expected[name as keyof Row]) !== shown(before[name as keyof Row]),
          );
          const named = db.query<{ name: string }>('SELECT name FROM named').map(({ name }) => name);
          expect(named.sort()).toEqual(differing.sort());
          expect(result.changes).toBe(differing.length > 0 ? 1 : 0);
          expect(new Set(result.patches.map(({ path: [column] }) => column))).toEqual(new Set(differing));
          for (const name of columns as (keyof Row)[])
            expect(shown(after[name]), name).toBe(shown(expected[name]));
          db.close();
        },
      ),
      seeded(500),
    );
  });
});

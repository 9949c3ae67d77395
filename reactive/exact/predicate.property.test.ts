import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DriverValue } from '../../core/drivers/driver.ts';
import { affinityOf } from '../../core/sql/affinity.ts';
import type { Collation } from '../../core/sql/collation.ts';
import { sampleValues as values } from '../../tests/support/sample-values.ts';
import type { ComparisonOperator } from './comparison.ts';
import type { ColumnOperand, Operand } from './operand.ts';
import { compilePredicate, type Predicate } from './predicate.ts';

/** Replays a failure: fast-check prints the seed of one, and FRESHET_SEED sets it. */
const seeded = <T>(numRuns: number): fc.Parameters<T> =>
  process.env.FRESHET_SEED === undefined ? { numRuns } : { numRuns, seed: Number(process.env.FRESHET_SEED) };

const types = ['', 'TEXT', 'NUMERIC', 'INTEGER', 'REAL'];
const collations: readonly Collation[] = ['BINARY', 'NOCASE', 'RTRIM'];
const columns: readonly (ColumnOperand & { readonly name: string; readonly declaration: string })[] = [
  ...types.flatMap((type) =>
    collations.map((collation) => ({
      name: `${type || 'any'}_${collation}`.toLowerCase(),
      declaration: `${type} COLLATE ${collation}`,
      affinity: affinityOf(type),
      collation,
    })),
  ),
  {
    name: 'id',
    declaration: 'INTEGER PRIMARY KEY',
    affinity: 'integer' as const,
    collation: 'BINARY' as const,
  },
].map((column, index) => ({ kind: 'column', index, ...column }));

const patterns = [
  ...[
    '',
    '%',
    '_',
    '%%',
    '%_',
    '_%_',
    'a%',
    'A_C',
    '%b%',
    '%C',
    'a%c',
    'a\\_c',
    'a\\%c',
    '%\\%%',
    'ab\\',
    'ab\\\\',
  ],
  ...[
    'Ä',
    'ä%',
    '\u{1f600}',
    '%\u{1f600}%',
    'a_c%',
    '5',
    '%5%',
    '_._',
    'a\0b',
    '%a%b%c%',
    '[',
    'K',
    'a%%c',
    '%a_',
  ],
];

/** Seldom different enough to hide which conversion or collation was taken. */
const alike: readonly DriverValue[] = ['a', 'A', 'a ', 'A\0b', 'a\0c', 5n, 5, '5', '5.0', null];
const value = fc.oneof(fc.constantFrom(...values), fc.constantFrom(...alike));
const column = fc.constantFrom<ColumnOperand>(...columns);
const rows = fc.array(fc.array(value, { minLength: columns.length - 1, maxLength: columns.length - 1 }), {
  minLength: 12,
  maxLength: 12,
});

/** Constants stand for parameters too: a number of the run's list is taken or the value itself. */
const fixed: fc.Arbitrary<Operand> = fc.oneof(
  value.map((of): Operand => ({ kind: 'constant', value: of })),
  fc.nat({ max: values.length - 1 }).map((index): Operand => ({ kind: 'parameter', index })),
);
const collated = (operand: fc.Arbitrary<Operand>): fc.Arbitrary<Operand> =>
  fc.oneof(
    { weight: 6, arbitrary: operand },
    {
      weight: 1,
      arbitrary: fc
        .tuple(operand, fc.constantFrom(...collations))
        .map(([of, collate]): Operand => ({ ...of, collate })),
    },
  );
const operand = collated(fc.oneof({ weight: 3, arbitrary: column }, { weight: 1, arbitrary: fixed }));
const other = collated(fc.oneof({ weight: 1, arbitrary: column }, { weight: 3, arbitrary: fixed }));
const operator = fc.constantFrom<ComparisonOperator>('=', '<>', '<', '<=', '>', '>=', 'IS', 'IS NOT');
const pattern = fc.constantFrom(...patterns).map((text): Operand => ({ kind: 'constant', value: text }));

const predicate: fc.Arbitrary<Predicate> = fc.letrec<{ any: Predicate; leaf: Predicate }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: tie('leaf') },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        terms: fc.array(tie('any'), { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not' as const), term: tie('any') }) },
  ),
  leaf: fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('compare' as const), operator, left: operand, right: other }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('in' as const),
        operand,
        items: fc.oneof(fc.array(fixed, { maxLength: 4 }), fc.array(other, { minLength: 1, maxLength: 3 })),
        negated: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('between' as const),
        operand,
        lower: other,
        upper: other,
        negated: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('null' as const), operand, negated: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record(
        {
          kind: fc.constant('like' as const),
          operand: fc.oneof(
            operand,
            fc.constantFrom<Operand>(...columns.filter((c) => c.affinity === 'text')),
          ),
          pattern,
          escape: fc.constant<Operand>({ kind: 'constant', value: '\\' }),
          negated: fc.boolean(),
        },
        { requiredKeys: ['kind', 'operand', 'pattern', 'negated'] },
      ),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('truth' as const), operand }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('constant' as const),
        value: fc.constantFrom(true, false, null),
      }),
    },
  ),
})).any;

function literal(of: DriverValue): string {
  if (of === null) return 'NULL';
  if (of instanceof Uint8Array) return `x'${Buffer.from(of).toString('hex')}'`;
  if (typeof of === 'bigint') return String(of);
  if (typeof of === 'number') {
    if (!Number.isFinite(of)) return of > 0 ? '9e999' : '-9e999';
    return /[.e]/.test(String(of)) ? String(of) : `${Object.is(of, -0) ? '-0' : of}.0`;
  }
  return `'${of.replaceAll("'", "''")}'`;
}

/** The predicate as text; constants that have no literal become parameters behind those of the run. */
class Rendering {
  readonly parameters: DriverValue[] = [...values];

  predicate(of: Predicate): string {
    switch (of.kind) {
      case 'and':
      case 'or':
        return `(${of.terms.map((term) => this.predicate(term)).join(` ${of.kind} `)})`;
      case 'not':
        return `(NOT ${this.predicate(of.term)})`;
      case 'compare':
        return `(${this.operand(of.left)} ${of.operator} ${this.operand(of.right)})`;
      case 'in':
        return `(${this.operand(of.operand)} ${not(of)}IN (${of.items.map((item) => this.operand(item)).join(', ')}))`;
      case 'between':
        return `(${this.operand(of.operand)} ${not(of)}BETWEEN ${this.operand(of.lower)} AND ${this.operand(of.upper)})`;
      case 'null':
        return `(${this.operand(of.operand)} ${of.negated ? 'NOTNULL' : 'ISNULL'})`;
      case 'like': {
        const escapes = of.escape === undefined ? '' : ` ESCAPE ${this.operand(of.escape)}`;
        return `(${this.operand(of.operand)} ${not(of)}LIKE ${this.operand(of.pattern)}${escapes})`;
      }
      case 'truth':
        return this.operand(of.operand);
      case 'constant':
        return of.value === null ? 'NULL' : of.value ? '1' : '0';
    }
  }

  operand(of: Operand): string {
    const text = this.#text(of);
    return of.collate === undefined ? text : `(${text} COLLATE ${of.collate})`;
  }

  #text(of: Operand): string {
    if (of.kind === 'column') return columns[of.index]?.name as string;
    if (of.kind === 'parameter') return `?${of.index + 1}`;
    if (typeof of.value === 'string' && of.value.includes('\0')) {
      this.parameters.push(of.value);
      return `?${this.parameters.length}`;
    }
    return `(${literal(of.value)})`;
  }
}

const not = (of: { readonly negated: boolean }) => (of.negated ? 'NOT ' : '');

function createTable(database: DatabaseSync, indexed: boolean): void {
  database.exec('DROP TABLE IF EXISTS t');
  database.exec(
    `CREATE TABLE t (${columns.map(({ name, declaration }) => `${name} ${declaration}`).join(', ')})`,
  );
  if (!indexed) return;
  for (const { name } of columns) if (name !== 'id') database.exec(`CREATE INDEX i_${name} ON t (${name})`);
}

describe('a compiled predicate', () => {
  const database = new DatabaseSync(':memory:');
  const query = (sql: string, parameters: readonly DriverValue[]): DriverValue[][] => {
    const statement = database.prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement.all(...parameters) as unknown as DriverValue[][];
  };

  test('says of a stored image what SQLite says of the row, in a scan and through indexes', () => {
    let evaluated = 0;
    let compiled = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        rows,
        fc.array(predicate, { minLength: 10, maxLength: 10 }),
        fc.boolean(),
        (table, predicates, indexed) => {
          createTable(database, indexed);
          const insert = database.prepare(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`);
          for (const [id, row] of table.entries()) insert.run(...row, BigInt(id));
          const images = query('SELECT * FROM t ORDER BY id', []);
          for (const one of predicates) {
            const condition = compilePredicate(one, values);
            if (condition === undefined) {
              refused++;
              continue;
            }
            compiled++;
            const rendering = new Rendering();
            const text = rendering.predicate(one);
            // Every parameter is mentioned, or binding the whole list would fail.
            const mention = `?${rendering.parameters.length}`;
            const expected = query(
              `SELECT (${text}) AND 1, ${mention} FROM t ORDER BY id`,
              rendering.parameters,
            );
            const found = query(`SELECT id, ${mention} FROM t WHERE ${text}`, rendering.parameters);
            const actual = images.map((image) => condition(image));
            evaluated += actual.length;
            expect(actual, text).toEqual(expected.map(([truth]) => (truth === null ? null : truth === 1n)));
            const passing = images.filter((_, index) => actual[index]).map((image) => image.at(-1));
            expect(found.map(([id]) => id).toSorted(), text).toEqual(passing.toSorted());
          }
        },
      ),
      seeded(400),
    );
    if (process.env.FRESHET_SEED === undefined) expect(evaluated).toBeGreaterThan(20_000);
    // A test that refuses everything passes too.
    expect(compiled).toBeGreaterThan(refused);
  });

  test('agrees with SQLite on every pair of columns, where conversions and collations meet', () => {
    createTable(database, false);
    const insert = database.prepare(`INSERT INTO t VALUES (${columns.map(() => '?').join(', ')})`);
    // Steps that share no factor with the number of values bring each pair of them together.
    for (let row = 0; row < alike.length ** 2; row++) {
      const cells = columns
        .slice(1)
        .map((_, at) => alike[(row * (at + 1) + Math.floor(row / 10)) % alike.length]);
      insert.run(...(cells as DriverValue[]), BigInt(row));
    }
    const images = query('SELECT * FROM t ORDER BY id', []);
    const constant: Operand = { kind: 'constant', value: 'A' };
    let compiled = 0;
    for (const left of columns) {
      for (const right of columns) {
        const forms: readonly Predicate[] = [
          { kind: 'compare', operator: '=', left, right },
          { kind: 'compare', operator: '<', left, right },
          { kind: 'compare', operator: 'IS NOT', left, right: { ...right, collate: 'NOCASE' } },
          { kind: 'in', operand: left, items: [right], negated: false },
          { kind: 'in', operand: left, items: [right, constant], negated: true },
          { kind: 'in', operand: constant, items: [left, right], negated: false },
          { kind: 'between', operand: left, lower: right, upper: constant, negated: false },
        ];
        for (const form of forms) {
          const condition = compilePredicate(form, []);
          if (condition === undefined) continue;
          compiled++;
          const text = new Rendering().predicate(form);
          const expected = query(`SELECT ${text} FROM t ORDER BY id`, []);
          expect(images.map(condition), text).toEqual(
            expected.map(([of]) => (of === null ? null : of === 1n)),
          );
        }
      }
    }
    expect(compiled).toBeGreaterThan(columns.length ** 2 * 3);
  });

  test('refuses what depends on the version of SQLite or on values yet unseen', () => {
    const text = columns.find(({ name }) => name === 'text_binary') as ColumnOperand;
    const integer = columns.find(({ name }) => name === 'integer_binary') as ColumnOperand;
    const constant = (of: DriverValue): Operand => ({ kind: 'constant', value: of });
    const refused: readonly Predicate[] = [
      // One item makes it `=`, where the item's COLLATE counts; two don't.
      { kind: 'in', operand: text, items: [{ ...constant('a'), collate: 'NOCASE' }], negated: false },
      { kind: 'compare', operator: '=', left: text, right: integer },
      { kind: 'compare', operator: '=', left: text, right: constant(1e15) },
      { kind: 'compare', operator: '=', left: integer, right: constant('0.30000000000000004') },
      { kind: 'compare', operator: '=', left: integer, right: { kind: 'parameter', index: 9 } },
      { kind: 'compare', operator: '=', left: text, right: constant('\ud800') },
      { kind: 'compare', operator: '=', left: integer, right: constant(Number.NaN) },
      { kind: 'compare', operator: '=', left: integer, right: constant(2n ** 63n) },
      { kind: 'like', operand: integer, pattern: constant('5%'), negated: false },
      { kind: 'like', operand: text, pattern: constant('5%'), escape: constant('%'), negated: false },
      { kind: 'like', operand: text, pattern: constant('\uffff'), negated: false },
    ];
    for (const one of refused) {
      expect(compilePredicate(one, [])).toBeUndefined();
      expect(
        compilePredicate({ kind: 'and', terms: [{ kind: 'constant', value: true }, one] }, []),
      ).toBeUndefined();
    }
  });
});

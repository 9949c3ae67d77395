import { groups, output, rows, single } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { type Column, column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { disguised } from './disguised.ts';
import { type Ingredient, numbers, plainTable, shownOnly, tablesNamed, texts } from './ingredient.ts';

const prefix = 'mixed';
const values = [...numbers(1, 2), ...texts('1', '2', '1.0', 'a', 'A', 'a ')];
const keys = numbers(1, 2, 3, 4, 5, 6, 7);

/** Columns of every affinity and collation over the same values: what is equal depends on which two are compared. */
export function tablesOfMixedKinds(random: Random, prefix: string): Table[] {
  const kinds = (): Column[] => [
    column('num', random.pick(['INT', 'NUMERIC', 'REAL']), 'any', '', values),
    column('txt', 'TEXT', 'any', '', values),
    column('loose', random.pick(['', 'BLOB']), 'any', '', values),
    column('folded', 'TEXT', 'any', 'COLLATE NOCASE', values),
    column('trimmed', random.pick(['TEXT', '']), 'any', 'COLLATE RTRIM', values),
  ];
  return ['one', 'other'].map((name) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', keys),
        column('g', 'INTEGER', 'small', '', numbers(0, 1, 2)),
        ...random.some(kinds(), 3, 5),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );
}

export const mixed = (source: Source): readonly Operand[] =>
  clean(source.operands).filter(({ flavour }) => flavour === 'any');

/** The operand, or an expression with its value that is a column no more, or still one to SQLite. */
function wrapped(g: Grammar, o: Operand): string {
  return g.random.weighted<string>([
    [4, o.sql],
    [3, `+${o.sql}`],
    [1, `CAST(${o.sql} AS ${g.random.pick(['TEXT', 'NUMERIC'])})`],
    [1, `coalesce(${o.sql}, 'q')`],
    [1, `(${o.sql} || '')`],
    [1, `(${o.sql} COLLATE ${g.random.pick(['NOCASE', 'RTRIM', 'BINARY'])})`],
  ]);
}

function equality(g: Grammar, left: Source, right: Source): string {
  const [a, b] = [g.random.pick(mixed(left)), g.random.pick(mixed(right))];
  g.linked(a, b);
  const sides = [wrapped(g, a), g.random.chance(0.7) ? b.sql : wrapped(g, b)];
  return (g.random.chance(0.5) ? sides : sides.toReversed()).join(' = ');
}

/** A comparison with a value that is equal only by the column's affinity or collation. */
const compared = (g: Grammar, o: Operand): Operand => ({
  ...shownOnly(`(${o.sql} ${g.random.pick(['=', '<>', '<', '>='])} ${disguised(g, o)})`),
  name: '',
  flavour: 'small',
});

/** An equality as JavaScript can follow it: of two columns as they are, of one kind at times. */
function plainEquality(g: Grammar, left: Source, right: Source): string {
  const a = g.random.pick(clean(left.operands));
  const alike = clean(right.operands).filter((o) => o.affinity === a.affinity);
  const b = g.random.pick(alike.length > 0 && g.random.chance(0.5) ? alike : mixed(right));
  g.linked(a, b);
  return `${a.sql} = ${b.sql}`;
}

function grouped(g: Grammar, left: Source, right: Source): Body {
  const all = [...mixed(left), ...mixed(right)];
  const plain = all.filter(({ collation }) => collation === 'BINARY');
  const by = g.random.times(g.random.between(0, 2), (): Operand => {
    if (plain.length === 0 || g.random.chance(0.3)) return compared(g, g.decides(g.random.pick(all)));
    return { ...g.decides(g.random.pick(plain)), tag: 'exact' };
  });
  const terms = by.map((o) => output(g, o, true));
  const value = (): string => g.random.pick([g.random.pick(all), compared(g, g.random.pick(all))]).sql;
  const counted = g.random.times(g.random.between(1, 2), () =>
    output(
      g,
      shownOnly(
        g.random.pick(['count(*)', `count(${value()})`, `sum(${compared(g, g.random.pick(all)).sql})`]),
      ),
      true,
    ),
  );
  const group = by.length > 0 ? ` GROUP BY ${by.map((o) => o.sql).join(', ')}` : '';
  // With it no group is kept by what enters and leaves.
  const having = by.length > 0 && g.random.chance(0.35) ? ' HAVING count(*) > 0' : '';
  const on = having || g.random.chance(0.3) ? equality(g, left, right) : plainEquality(g, left, right);
  return bodyOf({
    select: [...terms, ...counted],
    distinct: false,
    tail: ` FROM ${left.text} JOIN ${right.text} ON ${on}${group}${having}`,
    total: by.map((o) => o.sql),
    keys: terms.map((o) => o.name),
    scope: [],
  });
}

function joined(g: Grammar, left: Source, right: Source): Body {
  const form = g.random.pick(['JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN']);
  g.use(form.toLowerCase());
  const from = {
    text: `${left.text} ${form} ${right.text} ON ${equality(g, left, right)}`,
    operands: [...left.operands, ...right.operands],
    keys: left.keys && right.keys && [...left.keys, ...right.keys],
    where: [],
  };
  return bodyOf(g.random.chance(0.8) ? rows(g, from) : groups(g, from));
}

/** Whether a value is among those of the other table, or of its first rows. */
function among(g: Grammar, left: Source, right: Source): Body {
  const [a, b] = [g.random.pick(mixed(left)), g.random.pick(mixed(right))];
  g.linked(a, b);
  const small = right.operands.find(({ flavour }) => flavour === 'small');
  const where = small ? ` WHERE ${small.sql} = ${g.random.between(0, 2)}` : '';
  const first = `${right.operands[0]?.sql}`;
  const set = g.random.pick([
    `SELECT ${b.sql} FROM ${right.text}${where}`,
    `SELECT ${b.sql} FROM ${right.text} ORDER BY ${first} LIMIT 3`,
  ]);
  const isIn = `${wrapped(g, a)} ${g.random.pick(['', 'NOT '])}IN (${set})`;
  if (g.random.chance(0.5)) return bodyOf(rows(g, { ...left, where: [isIn] }));
  const core = rows(g, single(g, left, 0.2), true);
  return bodyOf({ ...core, select: [...core.select, output(g, shownOnly(`(${isIn})`), true)] });
}

/** A SELECT in FROM that is kept by itself, joined by one of its columns. */
function besides(g: Grammar, left: Source, right: Source): Body {
  const b = g.random.pick(mixed(right));
  const name = g.name('c');
  const id = `${right.operands[0]?.sql}`;
  const inner = `(SELECT ${id} AS id, ${b.sql} AS ${name} FROM ${right.text} ORDER BY ${id} LIMIT ${g.random.between(2, 5)})`;
  const alias = g.alias();
  const own: Operand = { ...b, sql: `${alias}.${name}`, name };
  const key: Operand = { ...(right.operands[0] as Operand), sql: `${alias}.id`, name: 'id' };
  const source: Source = { text: `${inner} ${alias}`, operands: [key, own], keys: [key] };
  return joined(g, ...((g.random.chance(0.5) ? [left, source] : [source, left]) as [Source, Source]));
}

function query(g: Grammar): Body {
  g.use('mixed kinds');
  const made = tablesNamed(g.catalog, prefix);
  const [left, right] = [0, 1].map(() => tableSource(g, made.length > 0 ? g.random.pick(made) : g.table()));
  if (!left || !right || mixed(left).length === 0 || mixed(right).length === 0)
    return bodyOf(rows(g, single(g, left ?? tableSource(g))));
  return g.random.weighted<() => Body>([
    [3, () => joined(g, left, right)],
    [6, () => grouped(g, left, right)],
    [3, () => among(g, left, right)],
    [2, () => besides(g, left, right)],
  ])();
}

/** Joins, groups and sets over columns that convert each other, or bring different collations. */
export const mixedKinds: Ingredient = {
  name: 'mixed-kinds',
  tables: (random) => tablesOfMixedKinds(random, prefix),
  query,
};

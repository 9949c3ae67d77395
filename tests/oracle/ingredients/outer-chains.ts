import { type From, groups, rows } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { derived, type Relation } from '../relations.ts';
import { column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { nothing } from '../values.ts';
import { type Ingredient, numbers, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'chain';
const values = [...numbers(0, 1, 2), nothing];

/** Three tables of few rows and few values, NULL among them. */
export const chainTables = (prefix: string): Table[] =>
  ['a', 'b', 'c'].map((name) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4)),
        column('x', 'INTEGER', 'small', '', values),
        column('y', 'INTEGER', 'small', '', values),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );

const tables = (): Table[] => chainTables(prefix);

const forms = ['LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'FULL JOIN', 'JOIN'] as const;

/** An operand, or what it is where NULL counts as a value. */
const maybeFilled = (g: Grammar, o: Operand, chance: number): string =>
  g.random.chance(chance) ? `coalesce(${o.sql}, ${g.random.between(0, 2)})` : o.sql;

function condition(g: Grammar, left: readonly Operand[], right: readonly Operand[]): string {
  const [a, b] = [g.decides(g.random.pick(left)), g.decides(g.random.pick(right))];
  g.linked(a, b);
  const sides = [maybeFilled(g, a, 0.4), maybeFilled(g, b, 0.1)];
  const equality = (g.random.chance(0.5) ? sides : sides.toReversed()).join(' = ');
  const more = g.random.pick([...left, ...right]);
  return g.random.weighted<string>([
    [6, equality],
    [
      1,
      `${equality} AND ${maybeFilled(g, more, 0.5)} ${g.random.pick(['=', '<>'])} ${g.random.between(0, 2)}`,
    ],
    [1, `${equality} AND ${more.sql} IS ${g.random.pick(['', 'NOT '])}NULL`],
  ]);
}

/** What lets a row pass that isn't there. */
function passes(g: Grammar, scope: readonly Operand[]): string {
  const o = g.decides(g.random.pick(scope));
  return g.random.pick([
    `${o.sql} IS NULL`,
    `coalesce(${o.sql}, 1) = 1`,
    `${o.sql} IS NOT ${g.random.between(0, 2)}`,
    `${o.sql} = ${g.random.between(0, 2)}`,
  ]);
}

function chain(g: Grammar, length: number, nested: boolean): From {
  const made = tablesNamed(g.catalog, prefix);
  const next = (): Source => {
    if (nested && g.random.chance(0.35)) return derived(g, inner(g));
    return tableSource(g, made.length > 0 ? g.random.pick(made) : g.table());
  };
  const first = next();
  let all: From = { ...first, where: [] };
  for (let i = 1; i < length; i++) {
    const right = next();
    const form = g.random.pick(forms);
    g.use(form.toLowerCase());
    all = {
      text: `${all.text} ${form} ${right.text} ON ${condition(g, clean(all.operands), clean(right.operands))}`,
      operands: [...all.operands, ...right.operands],
      keys: all.keys && right.keys && [...all.keys, ...right.keys],
      where: [],
    };
  }
  return { ...all, where: g.random.times(g.random.between(0, 1), () => passes(g, clean(all.operands))) };
}

/** An outer join in FROM of another, mostly with a condition under which a row that isn't there passes. */
function inner(g: Grammar): Relation {
  const joined = chain(g, 2, false);
  const where =
    joined.where.length === 0 && g.random.chance(0.6) ? [passes(g, clean(joined.operands))] : joined.where;
  const core = rows(g, { ...joined, where }, true);
  const sql = `SELECT ${core.select.map((o) => o.sql).join(', ')}${core.tail}`;
  return { sql, columns: core.select, keys: core.keys };
}

function query(g: Grammar): Body {
  g.use('chain of outer joins');
  const from = chain(
    g,
    g.random.weighted([
      [2, 2],
      [5, 3],
      [1, 4],
    ]),
    true,
  );
  return bodyOf(g.random.chance(0.75) ? rows(g, from) : groups(g, from));
}

/** Several outer joins, one inside or behind the other, whose conditions make something of NULLs. */
export const outerChains: Ingredient = { name: 'outer-chains', tables, query };

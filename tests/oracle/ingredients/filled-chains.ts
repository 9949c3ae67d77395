import { type From, groups, rows } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { type Ingredient, tablesNamed } from './ingredient.ts';
import { chainTables } from './outer-chains.ts';

const prefix = 'filled';
const tables = (): Table[] => chainTables(prefix);

const pick = (g: Grammar, source: Source): Operand =>
  g.decides(g.random.pick(clean(source.operands).filter(({ flavour }) => flavour === 'small')));

/** What a row gives that may not be there. */
const filled = (g: Grammar, o: Operand): string =>
  g.random.pick([
    `coalesce(${o.sql}, ${g.random.between(0, 2)})`,
    `ifnull(${o.sql}, ${g.random.between(0, 2)})`,
    `(${o.sql} IS NULL)`,
  ]);

/** The last table finds its partners where the one in the middle has no row, too. */
function query(g: Grammar): Body {
  g.use('join by what stands for a missing row');
  const made = tablesNamed(g.catalog, prefix);
  const [a, b, c] = g.random.some(made, 3, 3).map((table) => tableSource(g, table));
  if (!a || !b || !c) return bodyOf(rows(g, { ...tableSource(g), where: [] }));
  const [left, right] = [pick(g, a), pick(g, b)];
  g.linked(left, right);
  const last = pick(g, c);
  const sides = [filled(g, pick(g, b)), last.sql];
  const on = (g.random.chance(0.5) ? sides : sides.toReversed()).join(' = ');
  const from: From = {
    text: `${a.text} LEFT JOIN ${b.text} ON ${left.sql} = ${right.sql} LEFT JOIN ${c.text} ON ${on}`,
    operands: [...a.operands, ...b.operands, ...c.operands],
    keys: a.keys && b.keys && c.keys && [...a.keys, ...b.keys, ...c.keys],
    where: [],
  };
  return bodyOf(g.random.chance(0.7) ? rows(g, from) : groups(g, from));
}

/** Two outer joins, the second by an expression that has a value where the first found no row. */
export const filledChains: Ingredient = { name: 'filled-chains', tables, query };

import { distinct, type From, groups, rows, single } from '../cores.ts';
import { predicate } from '../expressions.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { again } from '../relations.ts';
import { clean, tableSource } from '../sources.ts';
import { windows } from '../windows.ts';
import { disguised } from './disguised.ts';
import type { Ingredient } from './ingredient.ts';

const folded = ({ name }: { readonly name: string }): string => name.toLowerCase();

/** Names that both sides have, once each. */
const commonNames = (left: readonly Operand[], right: readonly Operand[]): string[] =>
  [...new Set(left.map(folded))].filter(
    (name) =>
      left.filter((o) => folded(o) === name).length === 1 &&
      right.filter((o) => folded(o) === name).length === 1,
  );

/** The column that a join by USING makes of two: with the affinity and the collation of the first. */
function merged(g: Grammar, left: Operand, right: Operand): Operand {
  const alike = left.affinity === right.affinity && left.flavour === right.flavour;
  return {
    ...left,
    sql: g.written(left.name),
    affinity: alike ? left.affinity : 'blob',
    flavour: alike ? left.flavour : 'any',
    clean: left.clean && right.clean,
    origin: undefined,
  };
}

/** One join more by USING or NATURAL; the columns that it merges are named without their table. */
function joined(g: Grammar, left: From, right: Source): From {
  const names = commonNames(left.operands, right.operands);
  if (names.length === 0) return left;
  const form = g.random.weighted([
    [6, 'FULL JOIN'],
    [2, 'LEFT JOIN'],
    [2, 'RIGHT JOIN'],
    [1, 'JOIN'],
  ]);
  g.use(form.toLowerCase());
  const natural = g.random.chance(0.3);
  const used = natural ? names : g.random.some(names, 1, 2);
  g.use(natural ? 'natural join' : 'using');
  const of = (operands: readonly Operand[], name: string): Operand =>
    operands.find((o) => folded(o) === name) as Operand;
  for (const name of used) g.linked(of(left.operands, name), of(right.operands, name));
  const shared = used.map((name) => merged(g, of(left.operands, name), of(right.operands, name)));
  const using = natural ? '' : ` USING (${shared.map((o) => o.sql).join(', ')})`;
  const others = (operands: readonly Operand[]): Operand[] =>
    operands.filter((o) => !used.includes(folded(o)));
  return {
    text: `${left.text} ${natural ? 'NATURAL ' : ''}${form} ${right.text}${using}`,
    operands: [...shared, ...others(left.operands), ...others(right.operands)],
    keys: left.keys && right.keys && [...left.keys, ...right.keys],
    where: left.where,
  };
}

function condition(g: Grammar, o: Operand): string {
  return g.random.weighted<() => string>([
    [3, () => `${o.sql} ${g.random.pick(['=', '<>', '<', '>=', 'IS'])} ${disguised(g, o)}`],
    [1, () => `${o.sql} IN (${disguised(g, o)}, ${disguised(g, o)})`],
    [1, () => `CASE ${o.sql} WHEN ${disguised(g, o)} THEN 0 ELSE 1 END`],
    [1, () => `${o.sql} BETWEEN ${disguised(g, o)} AND ${disguised(g, o)}`],
    [1, () => predicate(g, [o], 1)],
  ])();
}

function query(g: Grammar): Body {
  g.use('merged columns');
  const first = tableSource(g);
  const second = g.random.chance(0.3) ? again(g, first) : tableSource(g);
  let all = joined(g, single(g, first, 0), second);
  if (g.random.chance(0.15)) all = joined(g, all, tableSource(g));
  const scope = clean(all.operands).filter((o) => !o.sql.includes('.'));
  const own = scope.length > 0 ? scope : clean(all.operands);
  const from = {
    ...all,
    where: g.random.times(g.random.between(0, 2), () => condition(g, g.random.pick(own))),
  };
  const narrow = { ...from, operands: g.random.chance(0.7) ? own : from.operands };
  return g.random.weighted<() => Body>([
    [4, () => bodyOf(rows(g, narrow, true))],
    [3, () => bodyOf(groups(g, narrow))],
    [2, () => bodyOf(distinct(g, narrow))],
    [1, () => bodyOf(windows(g, narrow))],
  ])();
}

/** FULL JOIN with USING, NATURAL FULL JOIN, and the other joins of their kind. */
export const mergedColumns: Ingredient = { name: 'merged-columns', query };

import { type From, groups, output, rows, single } from './cores.ts';
import { equalityOf, predicate } from './expressions.ts';
import type { Grammar, Operand, Source } from './grammar.ts';
import { type Body, bodyOf } from './queries.ts';
import { from } from './relations.ts';
import { clean, tableSource } from './sources.ts';

/** Shown only. */
const value = { tag: 'exact', clean: false, affinity: 'blob', collation: 'BINARY', flavour: 'any' } as const;

/** Facts and what they refer to by its key, in the ways in which programs ask for the two. */
export function references(g: Grammar, tables = g.catalog.tables): Body {
  const facts = tables.filter((t) => t.columns.some(isReference));
  if (facts.length === 0) return bodyOf(rows(g, from(g, 1)));
  const fact = tableSource(g, g.random.pick(facts));
  const own = fact.operands.filter(isReference);
  const reference = g.random.pick(own.length > 0 ? own : clean(fact.operands));
  const keyed = tables.filter((t) => t.key.length === 1);
  const alike = keyed.filter((t) => t.columns[0]?.affinity === reference.affinity);
  const wholes = alike.length > 0 && g.random.chance(0.7) ? alike : keyed;
  const whole = tableSource(g, wholes.length > 0 ? g.random.pick(wholes) : g.table());
  const key = whole.operands[0] as Operand;
  g.linked(reference, key);
  g.use('reference to a key');
  const pair = [reference.sql, key.sql];
  const link = (g.random.chance(0.5) ? pair : pair.toReversed()).join(' = ');
  const joined = (left: Source, kind: string, right: Source): From => ({
    text: `${left.text} ${kind} ${right.text} ON ${link}`,
    operands: [...left.operands, ...right.operands],
    keys: left.keys && right.keys && [...left.keys, ...right.keys],
    where: g.random.chance(0.4) ? [predicate(g, clean(left.operands), 1)] : [],
  });
  const among = (select: string): string => `(SELECT ${select} FROM ${fact.text} WHERE ${link})`;
  const not = g.random.chance(0.5) ? 'NOT ' : '';
  return g.random.weighted<() => Body>([
    [3, () => bodyOf(rows(g, joined(whole, 'LEFT JOIN', fact)))],
    [2, () => bodyOf(rows(g, joined(fact, 'LEFT JOIN', whole)))],
    [1, () => bodyOf(rows(g, joined(fact, 'JOIN', whole)))],
    [1, () => bodyOf(groups(g, joined(whole, 'LEFT JOIN', fact)))],
    [2, () => bodyOf(rows(g, withConditionAcross(g, whole, fact, joined(whole, 'LEFT JOIN', fact), not)))],
    [2, () => bodyOf(rows(g, { ...whole, where: [`${not}EXISTS ${among('1')}`] }))],
    [
      2,
      () => {
        const core = rows(g, single(g, whole, 0.3), true);
        return bodyOf({
          ...core,
          select: [...core.select, output(g, { ...value, sql: among('count(*)') }, true)],
        });
      },
    ],
  ])();
}

/** A subquery that compares two of the rows around it with each other, which decides about neither. */
function withConditionAcross(g: Grammar, left: Source, right: Source, all: From, not: string): From {
  const inner = tableSource(g);
  const correlation = equalityOf(g, clean(inner.operands), clean(left.operands));
  const across = equalityOf(g, clean(left.operands), clean(right.operands));
  g.use('condition of a subquery on the outer row');
  const condition = `${not}EXISTS (SELECT 1 FROM ${inner.text} WHERE ${correlation} AND ${across})`;
  return { ...all, where: [...all.where, condition] };
}

const isReference = ({ name }: { readonly name: string }): boolean => name === 'parent' || name === 'second';

import { distinct, type From, type GroupTerm, groups, output, rows, single, whereOf } from '../cores.ts';
import { equalityOf, near, predicate } from '../expressions.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { derived, placed, type Relation } from '../relations.ts';
import { clean, tableSource, viewSource } from '../sources.ts';
import { smallInteger } from '../values.ts';
import { windows } from '../windows.ts';
import type { Ingredient } from './ingredient.ts';

/** An expression that isn't NULL where its columns are, or looks at none. */
function filled(g: Grammar, scope: readonly Operand[]): string {
  const o = g.random.pick(scope);
  return g.random.weighted<() => string>([
    [3, () => g.constant(smallInteger(g.random))],
    [1, () => "'yes'"],
    [2, () => `coalesce(${o.sql}, ${near(g, o)})`],
    [2, () => `typeof(${o.sql})`],
    [1, () => `${o.sql} IS NULL`],
    [1, () => `quote(${o.sql})`],
    [1, () => `CASE WHEN ${predicate(g, scope, 0)} THEN 1 ELSE 0 END`],
  ])();
}

const isFilled = ({ name }: { readonly name: string }): boolean => /_filled\d*$/.test(name);

/** A table with such columns beside its own. */
function filledRelation(g: Grammar): Relation {
  const from = single(g, tableSource(g), 0.3);
  const scope = clean(from.operands);
  const own = g.random.some(scope, 1, 3).map((o) => output(g, o, true));
  const keys = (from.keys ?? []).map((key) => output(g, key, true));
  const made = g.random.times(g.random.between(1, 2), (): Operand => {
    const sql = filled(g, scope);
    const name = g.name('c_filled');
    return {
      sql: `${sql} AS ${name}`,
      name,
      tag: 'exact',
      clean: true,
      affinity: 'blob',
      collation: 'BINARY',
      flavour: 'any',
    };
  });
  const columns = [...own, ...keys, ...made];
  const sql = `SELECT ${columns.map((o) => o.sql).join(', ')} FROM ${from.text}${whereOf(from.where)}`;
  return { sql, columns, keys: keys.length > 0 ? keys.map((o) => o.name) : null };
}

/** It on the side of an outer join that may be missing. */
function outerJoin(g: Grammar): { from: From; inner: Source } {
  const inner = g.random.weighted<() => Source>([
    [3, () => derived(g, filledRelation(g))],
    [2, () => placed(g, filledRelation(g))],
    [2, () => viewSource(g)],
  ])();
  const outer = tableSource(g);
  const link = (): string => equalityOf(g, clean(outer.operands), clean(inner.operands));
  const form = g.random.pick(['LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'] as const);
  g.use(form.toLowerCase());
  const [left, right] = form === 'RIGHT JOIN' ? [inner, outer] : [outer, inner];
  const condition = g.random.chance(0.8) ? link() : `${link()} AND ${predicate(g, clean(inner.operands), 0)}`;
  const from = {
    text: `${left.text} ${form} ${right.text} ON ${condition}`,
    operands: [...left.operands, ...right.operands],
    keys: left.keys && right.keys && [...left.keys, ...right.keys],
    where: g.random.chance(0.2) ? [predicate(g, clean(outer.operands), 1)] : [],
  };
  return { from, inner };
}

function query(g: Grammar): Body {
  g.use('constant on the nullable side');
  const { from, inner } = outerJoin(g);
  const made = clean(inner.operands).filter(isFilled);
  const all = made.length > 0 ? made : clean(inner.operands);
  const term = (): GroupTerm => ({ ...g.random.pick(all), clean: false });
  return g.random.weighted<() => Body>([
    [
      4,
      () => {
        const more = g.random.chance(0.3) ? [{ ...g.random.pick(clean(from.operands)), clean: false }] : [];
        return bodyOf(groups(g, from, true, false, [term(), ...more]));
      },
    ],
    [3, () => bodyOf(distinct(g, { ...from, operands: g.random.some(all, 1, 2) }))],
    [3, () => bodyOf(windows(g, { ...from, operands: all }))],
    [1, () => bodyOf(rows(g, from))],
    [1, () => bodyOf(groups(g, from, false))],
  ])();
}

/** Derived tables, CTEs and views with constants, on the side of an outer join that may be missing. */
export const nullableConstants: Ingredient = {
  name: 'nullable-constants',
  relation: filledRelation,
  query,
};

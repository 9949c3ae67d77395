import {
  aggregate,
  comparisonOf,
  equalityOf,
  equalityOfFilled,
  near,
  predicate,
  type Scope,
  scalar,
  scalarSubquery,
  subqueryPredicate,
} from './expressions.ts';
import type { Grammar, Operand, Source, Tag } from './grammar.ts';
import { clean } from './sources.ts';

/** FROM and WHERE: what a SELECT core reads before it groups or shows anything. */
export interface From {
  readonly text: string;
  readonly operands: readonly Operand[];
  readonly keys: readonly Operand[] | null;
  readonly where: readonly string[];
}

/** One column of an answer; `sql` is its text in the select list. */
export type Output = Operand;

/** One SELECT, without its ORDER BY and LIMIT. */
export interface Core {
  readonly select: readonly Output[];
  readonly distinct: boolean;
  /** Everything from FROM on. */
  readonly tail: string;
  /** ORDER BY terms that leave no ties. */
  readonly total: readonly string[] | null;
  /** Output columns that identify a row of the answer. */
  readonly keys: readonly string[] | null;
  /** What else ORDER BY may mention. */
  readonly scope: Scope;
}

export const whereOf = (conditions: readonly string[]): string =>
  conditions.length === 0
    ? ''
    : ` WHERE ${conditions.map((c) => (conditions.length > 1 ? `(${c})` : c)).join(' AND ')}`;

/** A source alone, filtered or not. */
export function single(g: Grammar, source: Source, filtered = 0.75): From {
  if (!g.random.chance(filtered)) return { ...source, where: [] };
  g.use('filter');
  return { ...source, where: [predicate(g, clean(source.operands))] };
}

/** `sql AS name`, or without AS where the name doesn't matter. */
export function output(g: Grammar, of: Omit<Operand, 'name'> & { name?: string }, named: boolean): Output {
  const name = g.column();
  if (!named && of.tag === 'exact' && g.random.chance(0.4)) return { ...of, name };
  return { ...of, name, sql: `${of.sql} AS ${name}` };
}

/** The value of an expression: no affinity, no collation, and the flavour `any`, so that nothing sums it. */
const expression = (sql: string, tag: Tag = 'exact'): Omit<Operand, 'name'> => ({
  sql,
  tag,
  clean: tag === 'exact',
  affinity: 'blob',
  collation: 'BINARY',
  flavour: 'any',
});

/** Rows as they come: filter, projection, joins. */
export function rows(g: Grammar, from: From, named = false): Core {
  const scope = clean(from.operands);
  const tail = ` FROM ${from.text}${whereOf(from.where)}`;
  const exact = from.operands.every((o) => o.tag === 'exact');
  if (!named && exact && g.random.chance(0.12)) {
    g.use('SELECT *');
    const all = [{ ...(from.operands[0] as Operand), sql: '*' }];
    const names = new Set(from.operands.map((o) => o.name.toLowerCase()));
    const shown =
      names.size === from.operands.length && from.keys?.every((key) => from.operands.includes(key));
    return { select: all, distinct: false, tail, total: sortKeys(from), keys: shown ? ['*'] : null, scope };
  }
  // Of two columns with one name a row object keeps the last: keys need names of their own.
  const several = named || (from.keys?.length ?? 0) > 1;
  const shown =
    from.keys && g.random.chance(named ? 0.85 : 0.6) ? from.keys.map((key) => output(g, key, several)) : [];
  const value = () => {
    const sql = g.within('SELECT', () => scalar(g, scope));
    // One that turns out to be a column is that column, with its collation.
    return scope.find((o) => o.sql === sql) ?? expression(sql);
  };
  const others = g.random.times(g.random.between(shown.length > 0 ? 0 : 1, 3), () =>
    output(g, g.random.chance(0.6) ? g.random.pick(from.operands) : value(), named),
  );
  const keys = shown.length > 0 ? shown.map((o) => o.name) : null;
  return { select: [...shown, ...others], distinct: false, tail, total: sortKeys(from), keys, scope };
}

const sortKeys = (from: From): string[] | null => from.keys?.map((key) => key.sql) ?? null;

/** Which joins a query is made of; `any` mixes them. */
export type JoinStyle = 'any' | 'inner' | 'left' | 'right' | 'full';

const inner = [
  [5, 'JOIN'],
  [1, 'INNER JOIN'],
  [1, ','],
  [1, 'CROSS JOIN'],
] as const;

const joinKinds: Readonly<Record<JoinStyle, readonly (readonly [number, string])[]>> = {
  any: [...inner, [6, 'LEFT JOIN'], [2, 'RIGHT JOIN'], [3, 'FULL JOIN']],
  inner,
  left: [
    [4, 'LEFT JOIN'],
    [1, 'JOIN'],
  ],
  right: [[1, 'RIGHT JOIN']],
  full: [[1, 'FULL JOIN']],
};

/** One join more; those that null-extend get conditions that look at the NULLs (rule 8 of section 11). */
export function join(g: Grammar, left: From, right: Source, style: JoinStyle = 'any'): From {
  const kind = g.random.weighted(joinKinds[style]);
  const lateral = right.text.startsWith('json_each');
  const used = lateral && kind !== 'LEFT JOIN' ? ',' : kind;
  g.use(used === ',' ? 'comma join' : used.toLowerCase());
  if (lateral) g.use(used === ',' ? 'json_each' : 'json_each with left join');
  const ours = clean(left.operands);
  const theirs = clean(right.operands);
  const operands = [...left.operands, ...right.operands];
  const keys = left.keys && right.keys && [...left.keys, ...right.keys];
  const common = theirs.filter((o) =>
    ours.some((other) => other.name.toLowerCase() === o.name.toLowerCase()),
  );
  const outer = used.startsWith('LEFT') || used.startsWith('RIGHT') || used.startsWith('FULL');
  const where = [...left.where];
  let condition = '';
  if (!lateral && used !== ',' && common.length > 0 && g.random.chance(0.12)) {
    g.use('using');
    const shared = g.random.pick(common);
    const partner = ours.find((o) => o.name.toLowerCase() === shared.name.toLowerCase());
    if (partner) g.linked(partner, shared);
    condition = ` USING (${g.written(shared.name)})`;
  } else if (
    !lateral &&
    used !== ',' &&
    used !== 'CROSS JOIN' &&
    left.text.indexOf(' JOIN ') < 0 &&
    g.random.chance(0.06)
  ) {
    g.use('natural join');
    return { text: `${left.text} NATURAL ${used} ${right.text}`, operands, keys, where };
  } else if (lateral) {
    condition = outer ? ' ON 1' : '';
  } else {
    const theta = g.random.chance(0.12);
    if (theta) g.use('theta join');
    // A later join may make something of the NULLs of an earlier one.
    const filled = / (LEFT|RIGHT|FULL) JOIN /.test(left.text) && g.random.chance(0.25);
    const equality = () => (filled ? equalityOfFilled(g, ours, theirs) : equalityOf(g, ours, theirs));
    const parts = [theta ? comparisonOf(g, ours, theirs) : equality()];
    const both = [...ours, ...theirs];
    const clause = used === ',' ? 'WHERE' : 'ON';
    const more = () => g.within(clause, () => predicate(g, g.random.pick([ours, theirs, both]), 1));
    if (g.random.chance(0.2)) parts.push(more());
    if (g.random.chance(0.05)) parts.push(g.within(clause, () => subqueryPredicate(g, both, 1)));
    if (used === ',') where.push(parts.join(' AND '));
    else condition = ` ON ${parts.map((part) => `(${part})`).join(' AND ')}`;
  }
  if (outer && g.random.chance(0.5)) where.push(nullable(g, ours, theirs));
  else if (g.random.chance(0.35)) where.push(predicate(g, [...ours, ...theirs], 1));
  return {
    text: `${left.text}${used === ',' ? ', ' : ` ${used} `}${right.text}${condition}`,
    operands,
    keys,
    where,
  };
}

/** Conditions under which a null-extended row and a matched one differ. */
function nullable(g: Grammar, ours: Scope, theirs: Scope): string {
  g.use('condition on the nullable side');
  const b = g.random.pick(theirs);
  return g.random.weighted<() => string>([
    [3, () => `${b.sql} IS NULL`],
    [2, () => `coalesce(${b.sql}, 1) = 1`],
    [2, () => `(${predicate(g, theirs, 0)} OR ${predicate(g, ours, 0)})`],
    [1, () => `${b.sql} IS NOT ${g.random.pick(ours).sql}`],
    [1, () => `NOT coalesce(${predicate(g, theirs, 0)}, 0)`],
  ])();
}

/** A term of GROUP BY, and of the select list. */
export type GroupTerm = Omit<Operand, 'name'> & { name: string };

/** GROUP BY with HAVING; without keys, a grand total: one row also over nothing. `chosen` terms come from outside. */
export function groups(g: Grammar, from: From, keyed = true, named = false, chosen?: GroupTerm[]): Core {
  const scope = clean(from.operands);
  const terms = chosen ?? (keyed ? g.random.times(g.random.between(1, 2), () => groupKey(g, scope)) : []);
  g.use(keyed ? 'group by' : 'grand total');
  const outputs = new Map(
    terms
      .filter(() => g.random.chance(0.8))
      .map((term) => [term, output(g, term, named || terms.length > 1)] as const),
  );
  const shown = [...outputs.values()];
  const aggregates = g.random.times(g.random.between(1, 3), () =>
    output(g, aggregate(g, scope, from.keys), named),
  );
  if (!named && keyed && g.random.chance(0.06)) {
    g.use('bare column');
    aggregates.push(output(g, { ...g.random.pick(scope), tag: 'any' }, true));
  }
  const having = g.random.chance(0.3) ? ` HAVING ${g.within('HAVING', () => havingOf(g, scope, terms))}` : '';
  const grouping = terms.map((term) => {
    const { sql, name } = outputs.get(term) ?? term;
    const byAlias = sql.endsWith(` AS ${name}`) && g.random.chance(0.15);
    if (byAlias) g.use('GROUP BY an alias');
    return byAlias ? name : term.sql;
  });
  const by = terms.length > 0 ? ` GROUP BY ${grouping.join(', ')}` : '';
  return {
    select: [...shown, ...aggregates],
    distinct: false,
    tail: ` FROM ${from.text}${whereOf(from.where)}${by}${having}`,
    total: terms.map((term) => term.sql),
    keys: shown.length === terms.length ? shown.map((o) => o.name) : null,
    scope: [],
  };
}

/** A term of GROUP BY. Where equal values are spelt in several ways the group shows any of them. */
export function groupKey(g: Grammar, scope: Scope): GroupTerm {
  // Twice: most of what can go wrong with groups is rows that leave them.
  const o = g.decides(g.decides(g.random.pick(scope)));
  const tag: Tag = o.collation === 'BINARY' ? 'exact' : 'folded';
  const fixed = tag === 'exact' && (o.affinity !== 'blob' || o.flavour === 'small');
  return g.random.weighted<() => GroupTerm>([
    [6, () => ({ ...o, tag, clean: fixed })],
    [1, () => ({ ...expression(`coalesce(${o.sql}, -1)`), name: '', clean: false })],
    [1, () => ({ ...expression(`${o.sql} IS NULL`), name: '' })],
    [1, () => ({ ...expression(`typeof(${o.sql})`), name: '' })],
    [1, () => ({ ...expression(`lower(${o.sql})`), name: '' })],
    [1.5, () => ({ ...expression(comparedKey(g, o, scope)), name: '' })],
  ])();
}

/** A comparison as a key: what it gives depends on the affinity of a column, and on its collation. */
function comparedKey(g: Grammar, o: Operand, scope: Scope): string {
  g.use('comparison as a key');
  return g.random.chance(0.7) ? `(${o.sql} = ${near(g, o)})` : `(${comparisonOf(g, [o], scope)})`;
}

function havingOf(g: Grammar, scope: Scope, terms: readonly GroupTerm[]): string {
  g.use('having');
  const fixed = terms.filter((term) => term.clean);
  // Only as a plain column is a group's key the same inside a subquery.
  const columns = fixed.filter((term) => term.name !== '');
  const small = scope.filter((o) => o.flavour === 'small');
  return g.random.weighted<() => string>([
    [4, () => `count(*) ${g.random.pick(['>', '<', '=', '<>'])} ${g.random.between(0, 3)}`],
    [
      small.length > 0 ? 3 : 0,
      () =>
        `sum(${g.random.pick(small).sql}) ${g.random.pick(['>', '<=', 'IS NOT'])} ${g.random.between(0, 8)}`,
    ],
    [small.length > 0 ? 1 : 0, () => `max(${g.random.pick(small).sql}) IS NULL OR count(*) = 1`],
    [columns.length > 0 ? 2 : 0, () => subqueryPredicate(g, columns, 1)],
    [
      columns.length > 0 ? 2 : 0,
      () => `count(*) ${g.random.pick(['>=', '<>'])} ${scalarSubquery(g, columns)}`,
    ],
    [fixed.length > 0 ? 2 : 0, () => predicate(g, fixed, g.random.between(0, 1))],
  ])();
}

/** DISTINCT over a few columns; the answer is its own key. */
export function distinct(g: Grammar, from: From, named = false): Core {
  g.use('distinct');
  const scope = clean(from.operands);
  const count = g.random.between(1, 3);
  const select = g.random.times(count, () => output(g, groupKey(g, scope), named || count > 1));
  return {
    select,
    distinct: true,
    tail: ` FROM ${from.text}${whereOf(from.where)}`,
    total: select.map((_, i) => String(i + 1)),
    keys: select.map((o) => o.name),
    scope: [],
  };
}

export const coreText = (core: Core): string =>
  `SELECT ${core.distinct ? 'DISTINCT ' : ''}${core.select.map((o) => o.sql).join(', ')}${core.tail}`;

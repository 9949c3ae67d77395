import type { Grammar, Operand, Source } from './grammar.ts';
import { valueFor } from './schema.ts';
import { clean, tableSource } from './sources.ts';

/** The columns in reach, nearest first. Unclean ones never enter an expression. */
export type Scope = readonly Operand[];

const comparisons = [
  '=',
  '=',
  '=',
  '==',
  '<>',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'IS',
  'IS NOT',
  'IS DISTINCT FROM',
] as const;

/** A constant to compare a column with: of its own kind, or a hostile one. */
const near = (g: Grammar, o: Operand): string =>
  g.random.chance(0.65) ? g.constant(valueFor(g.random, o)) : g.hostile();

const numeric = (scope: Scope): Operand[] => scope.filter((o) => o.flavour === 'small');

/** Two columns of one flavour, of different sources where there are such. */
function pairOf(g: Grammar, left: Scope, right: Scope): [Operand, Operand] {
  const a = g.random.pick(left);
  const alike = right.filter((o) => o.flavour === a.flavour && o !== a);
  return [a, g.random.pick(alike.length > 0 ? alike : right)];
}

/** An expression whose value SQLite fixes: no random, time or order in it. */
export function scalar(g: Grammar, scope: Scope, depth = 1): string {
  const o = g.random.pick(scope);
  const inner = (): string => (depth > 0 ? scalar(g, scope, depth - 1) : g.random.pick(scope).sql);
  return g.random.weighted<() => string>([
    [8, () => o.sql],
    [1, () => `${o.sql} ${g.random.pick(['+', '-', '*', '/', '%', '&', '|'])} ${near(g, o)}`],
    [1, () => `${g.random.pick(['-', '+', '~', 'NOT '])}${o.sql}`],
    [1, () => `${inner()} || ${g.random.pick(["'?'", "'x'", o.sql])}`],
    [2, () => `${g.random.pick(['lower', 'upper', 'length', 'typeof', 'quote', 'hex', 'trim'])}(${inner()})`],
    [1, () => `coalesce(${o.sql}, ${near(g, o)})`],
    [1, () => `nullif(${o.sql}, ${near(g, o)})`],
    [1, () => `iif(${predicate(g, scope, 0)}, ${inner()}, ${near(g, o)})`],
    [1, () => `CASE ${o.sql} WHEN ${near(g, o)} THEN 'one' WHEN ${near(g, o)} THEN 2 ELSE ${inner()} END`],
    [1, () => `CASE WHEN ${predicate(g, scope, 0)} THEN ${inner()} END`],
    [1, () => `CAST(${o.sql} AS ${g.random.pick(['INTEGER', 'TEXT', 'REAL', 'NUMERIC', 'BLOB'])})`],
    [1, () => `(${predicate(g, scope, 0)})`],
    [1, () => `${g.random.pick(['min', 'max'])}(${o.sql}, ${near(g, o)})`],
    [1, () => `substr(${o.sql}, ${g.random.between(-2, 2)}, 2)`],
    [1, () => `instr(${o.sql}, 'a')`],
    [0.5, () => `round(${o.sql}, 1)`],
    [0.5, () => `printf('%s/%d', ${o.sql}, ${o.sql})`],
    [depth > 0 ? 1.5 : 0, () => scalarSubquery(g, scope)],
  ])();
}

/** A condition over the scope; `depth` bounds AND, OR, NOT and subqueries. */
export function predicate(g: Grammar, scope: Scope, depth = 2): string {
  const o = g.random.pick(scope);
  const inner = (): string => predicate(g, scope, depth - 1);
  return g.random.weighted<() => string>([
    [6, () => `${o.sql} ${g.random.pick(comparisons)} ${near(g, o)}`],
    [1, () => `${near(g, o)} ${g.random.pick(comparisons)} ${o.sql}`],
    [2, () => comparisonOf(g, scope, scope)],
    [1, () => `${o.sql} ${g.random.pick(['BETWEEN', 'NOT BETWEEN'])} ${near(g, o)} AND ${near(g, o)}`],
    [
      2,
      () =>
        `${o.sql} ${g.random.pick(['IN', 'NOT IN'])} (${g.random.times(g.random.between(0, 3), () => near(g, o)).join(', ')})`,
    ],
    [2, () => `${o.sql} ${g.random.pick(['IS NULL', 'IS NOT NULL', 'NOTNULL', 'ISNULL', 'NOT NULL'])}`],
    [
      1,
      () =>
        `${o.sql} ${g.random.pick(['LIKE', 'NOT LIKE', 'GLOB'])} ${g.random.pick(["'a%'", "'%5'", "'_'", "'A*'", "'%'"])}`,
    ],
    [0.5, () => `${o.sql} LIKE 'a\\%%' ESCAPE '\\'`],
    [
      1,
      () =>
        g.random.pick([
          o.sql,
          `NOT ${o.sql}`,
          `likely(${o.sql} = ${near(g, o)})`,
          `+${o.sql} = ${near(g, o)}`,
        ]),
    ],
    [1, () => `${o.sql} = ${near(g, o)} COLLATE ${g.random.pick(['NOCASE', 'RTRIM', 'BINARY'])}`],
    [1, () => `coalesce(${o.sql}, ${near(g, o)}) = ${near(g, o)}`],
    [1, () => rowValue(g, scope)],
    [depth > 0 ? 2 : 0, () => `(${inner()} OR ${inner()})`],
    [depth > 0 ? 3 : 0, () => `${inner()} AND ${inner()}`],
    [depth > 0 ? 1 : 0, () => `NOT (${inner()})`],
    [depth > 0 ? 4 : 0, () => subqueryPredicate(g, scope, depth)],
  ])();
}

/** A comparison between columns, equality most often. */
export function comparisonOf(g: Grammar, left: Scope, right: Scope): string {
  const [a, b] = pairOf(g, left, right);
  return `${a.sql} ${g.random.pick(comparisons)} ${b.sql}`;
}

/** An equality between columns: what joins and correlations follow. */
export function equalityOf(g: Grammar, left: Scope, right: Scope): string {
  const [a, b] = pairOf(g, left, right);
  return g.random.chance(0.93) ? `${a.sql} = ${b.sql}` : `${a.sql} IS ${b.sql}`;
}

function rowValue(g: Grammar, scope: Scope): string {
  g.use('row value');
  const [a, b] = pairOf(g, scope, scope);
  const values = `(${near(g, a)}, ${near(g, b)})`;
  const form = g.random.pick(['=', '<', '>=', 'IS', 'IN']);
  return form === 'IN'
    ? `(${a.sql}, ${b.sql}) IN (VALUES ${values}, (1, 1))`
    : `(${a.sql}, ${b.sql}) ${form} ${values}`;
}

/** WHERE of a subquery: correlated with the scope, filtered, both or neither. */
function innerWhere(g: Grammar, inner: Source, scope: Scope, correlated = 0.7): string {
  const own = clean(inner.operands);
  const parts: string[] = [];
  if (g.random.chance(correlated)) {
    g.use('correlated subquery');
    parts.push(g.random.chance(0.8) ? equalityOf(g, own, scope) : comparisonOf(g, own, scope));
  } else g.use('uncorrelated subquery');
  if (g.random.chance(0.5)) parts.push(predicate(g, own, 0));
  return parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '';
}

/** ORDER BY the row key: without it a scalar subquery of several rows gives any of them. */
const byKey = (inner: Source, descending: boolean): string =>
  ` ORDER BY ${(inner.keys ?? []).map((key) => key.sql + (descending ? ' DESC' : '')).join(', ')}`;

function subqueryPredicate(g: Grammar, scope: Scope, depth: number): string {
  const inner = tableSource(g);
  const own = clean(inner.operands);
  const [o, i] = pairOf(g, scope, own);
  const not = g.random.chance(0.5) ? 'NOT ' : '';
  const name = (construct: string) => g.use(`${not}${construct}`);
  return g.random.weighted<() => string>([
    [
      3,
      () => {
        name('EXISTS');
        return `${not}EXISTS (SELECT 1 FROM ${inner.text}${innerWhere(g, inner, scope, 0.9)})`;
      },
    ],
    [
      depth > 1 ? 1 : 0,
      () => {
        g.use('EXISTS in NOT EXISTS');
        const nested = tableSource(g);
        const theta = comparisonOf(g, clean(nested.operands), scope);
        const where = innerWhere(g, inner, scope, 1);
        return `NOT EXISTS (SELECT * FROM ${inner.text}${where} AND EXISTS (SELECT 1 FROM ${nested.text} WHERE ${theta}))`;
      },
    ],
    [
      4,
      () => {
        name('IN (SELECT)');
        return `${o.sql} ${not}IN (SELECT ${i.sql} FROM ${inner.text}${innerWhere(g, inner, scope, 0.3)})`;
      },
    ],
    [
      1,
      () => {
        name('row value IN (SELECT)');
        const [o2, i2] = pairOf(g, scope, own);
        return `(${o.sql}, ${o2.sql}) ${not}IN (SELECT ${i.sql}, ${i2.sql} FROM ${inner.text})`;
      },
    ],
    [
      inner.keys ? 1 : 0,
      () => {
        name('IN (SELECT ... LIMIT)');
        const order = byKey(inner, g.random.chance(0.5));
        return `${o.sql} ${not}IN (SELECT ${i.sql} FROM ${inner.text}${order} LIMIT ${g.random.between(1, 3)})`;
      },
    ],
    [3, () => `${o.sql} ${g.random.pick(comparisons)} ${scalarSubquery(g, scope)}`],
  ])();
}

/** One value: an aggregate, or the first row under a total order. Collated extremes could be spelt either way. */
export function scalarSubquery(g: Grammar, scope: Scope): string {
  const inner = tableSource(g);
  const own = clean(inner.operands);
  const i = g.random.pick(own.filter((o) => o.collation === 'BINARY'));
  const exact = numeric(own);
  g.use('scalar subquery');
  const from = `FROM ${inner.text}${innerWhere(g, inner, scope)}`;
  const aggregates = [
    'count(*)',
    `count(${i.sql})`,
    `count(DISTINCT ${i.sql})`,
    `min(${i.sql})`,
    `max(${i.sql})`,
  ];
  for (const o of exact) aggregates.push(`sum(${o.sql})`, `avg(${o.sql})`, `total(${o.sql})`);
  if (!inner.keys || g.random.chance(0.7)) return `(SELECT ${g.random.pick(aggregates)} ${from})`;
  g.use('scalar subquery with LIMIT 1');
  const offset = g.random.chance(0.2) ? ' OFFSET 1' : '';
  return `(SELECT ${i.sql} ${from}${byKey(inner, g.random.chance(0.5))} LIMIT 1${offset})`;
}

/** An aggregate call with what may be said of its value. */
export function aggregate(g: Grammar, scope: Scope): Omit<Operand, 'name'> {
  const o = g.random.pick(scope);
  const exact = numeric(scope);
  const small = exact.length > 0 ? g.random.pick(exact) : undefined;
  const filter = g.random.chance(0.2) ? ` FILTER (WHERE ${predicate(g, scope, 0)})` : '';
  if (filter) g.use('FILTER');
  const result = (sql: string, tag: Operand['tag'], isClean: boolean): Omit<Operand, 'name'> => {
    const flavour = isClean ? 'small' : 'any';
    return { sql: sql + filter, tag, clean: isClean, affinity: 'blob', collation: 'BINARY', flavour };
  };
  const extreme = o.collation === 'BINARY' ? 'exact' : 'folded';
  const summed = o.flavour === 'small' || o.flavour === 'key' ? 'exact' : 'approximate';
  return g.random.weighted<() => Omit<Operand, 'name'>>([
    [5, () => result('count(*)', 'exact', true)],
    [2, () => result(`count(${o.sql})`, 'exact', true)],
    [2, () => result(`count(DISTINCT ${o.sql})`, 'exact', true)],
    [small ? 4 : 0, () => result(`sum(${small?.sql})`, 'exact', true)],
    [small ? 2 : 0, () => result(`${g.random.pick(['total', 'avg'])}(${small?.sql})`, 'exact', true)],
    [small ? 1 : 0, () => result(`sum(DISTINCT ${small?.sql})`, 'exact', true)],
    [
      2,
      () =>
        result(
          `${g.random.pick(['sum', 'total', 'avg'])}(${o.sql})`,
          summed === 'exact' && o.affinity === 'integer' ? 'exact' : 'approximate',
          false,
        ),
    ],
    [4, () => result(`${g.random.pick(['min', 'max'])}(${o.sql})`, extreme, o.flavour === 'small')],
    [1, () => result(`group_concat(${o.sql}, '|')`, 'parts', false)],
    [small ? 0.5 : 0, () => result(`json_group_array(${small?.sql})`, 'parts', false)],
  ])();
}

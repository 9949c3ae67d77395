import { type Grammar, type Operand, oneSpelling, type Source } from './grammar.ts';
import { valueFor } from './schema.ts';
import { clean, tableSource, viewSource } from './sources.ts';

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
export const near = (g: Grammar, o: Operand): string =>
  g.random.chance(g.catalog.tame ? 0.92 : 0.65) ? g.constant(valueFor(g.random, o)) : g.hostile();

const numeric = (scope: Scope): Operand[] => scope.filter((o) => o.flavour === 'small');

/** Two columns of one flavour, of different sources where there are such. */
export function pairOf(g: Grammar, left: Scope, right: Scope): [Operand, Operand] {
  const a = g.random.pick(left);
  const alike = right.filter((o) => o.flavour === a.flavour && o !== a);
  return [a, g.random.pick(alike.length > 0 ? alike : right)];
}

/** An equality that NULL on the left may satisfy: another value takes its place. */
export function equalityOfFilled(g: Grammar, left: Scope, right: Scope): string {
  const [a, b] = pairOf(g, left, right);
  g.linked(a, b);
  g.use('equality of an expression');
  return `coalesce(${a.sql}, ${near(g, b)}) = ${b.sql}`;
}

/** Columns of which one converts the other, or brings its collation, and that have values in common. */
export function unlike(g: Grammar, left: Scope, right: Scope): [Operand, Operand] | null {
  const pairs = left.flatMap((a) =>
    right
      .filter((b) => b !== a && (b.affinity !== a.affinity || b.collation !== a.collation))
      .filter((b) => b.flavour === a.flavour || b.flavour === 'any' || a.flavour === 'any')
      .map((b): [Operand, Operand] => [a, b]),
  );
  if (pairs.length === 0) return null;
  g.use('equality of different kinds');
  return g.random.pick(pairs);
}

/** An expression whose value SQLite fixes: no random, time or order in it. */
export function scalar(g: Grammar, scope: Scope, depth = 1): string {
  const o = g.random.pick(scope);
  const inner = (): string => (depth > 0 ? scalar(g, scope, depth - 1) : g.random.pick(scope).sql);
  if (g.random.chance(0.7)) g.use('expression');
  else return o.sql;
  return g.random.weighted<() => string>([
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
    [1, () => `(${inList(g, o)})`],
    [depth > 0 ? 1.5 : 0, () => scalarSubquery(g, scope)],
    [depth > 0 ? 1 : 0, () => `(${subqueryPredicate(g, scope, 1)})`],
  ])();
}

/** A condition over the scope; `depth` bounds AND, OR, NOT and subqueries. */
export function predicate(g: Grammar, scope: Scope, depth = 2): string {
  const o = g.decides(g.random.pick(scope));
  const inner = (): string => predicate(g, scope, depth - 1);
  return g.random.weighted<() => string>([
    [6, () => `${o.sql} ${g.random.pick(comparisons)} ${near(g, o)}`],
    [1, () => `${near(g, o)} ${g.random.pick(comparisons)} ${o.sql}`],
    [2, () => comparisonOf(g, scope, scope)],
    [1, () => `${o.sql} ${g.random.pick(['BETWEEN', 'NOT BETWEEN'])} ${near(g, o)} AND ${near(g, o)}`],
    [2, () => inList(g, o)],
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

function inList(g: Grammar, o: Operand): string {
  const operator = g.random.pick(['IN', 'NOT IN']);
  g.useHere(`${operator} (list)`);
  const items = g.random.times(g.random.between(0, 3), () => near(g, o));
  const text = `${o.sql} ${operator} (${items.join(', ')})`;
  // It holds for no row: only beside others does it matter whether it is false or unknown.
  const isUnknown = operator === 'NOT IN' && items.includes('NULL') && g.random.chance(0.7);
  return isUnknown ? `(${text} OR ${o.sql} IS ${near(g, o)})` : text;
}

/** A comparison between columns, equality most often. */
export function comparisonOf(g: Grammar, left: Scope, right: Scope): string {
  const [a, b] = pairOf(g, left, right);
  return `${a.sql} ${g.random.pick(comparisons)} ${b.sql}`;
}

/**
 * An equality between columns: what joins and correlations follow. At times one side is an expression, which has no
 * affinity; at times the two are of different kinds, and one converts the other or brings its collation.
 */
export function equalityOf(g: Grammar, left: Scope, right: Scope): string {
  const different = g.random.chance(0.18) ? unlike(g, left, right) : null;
  const [a, b] = different ?? pairOf(g, left, right);
  g.linked(a, b);
  if (different && a.collation !== b.collation && g.random.chance(0.25)) return `+${a.sql} = ${b.sql}`;
  if (g.random.chance(0.08)) {
    g.use('equality of an expression');
    const [one, other] = g.random.pick([[a, b] as const, [b, a] as const]);
    return g.random.weighted<() => string>([
      [3, () => `coalesce(${one.sql}, ${near(g, one)}) = ${other.sql}`],
      [1, () => `${other.sql} = ${one.sql} || ''`],
      [1, () => `${one.sql} + 0 = ${other.sql}`],
      [1, () => `+${one.sql} = ${other.sql}`],
      [1, () => `${other.sql} = lower(${one.sql})`],
    ])();
  }
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

/** What a subquery reads: a table, at times the outer one again, a view, or two tables joined. */
function innerSource(g: Grammar, scope: Scope): Source {
  const form = g.random.weighted<'table' | 'same' | 'view' | 'join'>([
    [12, 'table'],
    [3, 'same'],
    [2, 'view'],
    [3, 'join'],
  ]);
  if (form === 'view' && g.catalog.views.length > 0) {
    g.use('subquery over view');
    return viewSource(g);
  }
  const same = g.catalog.tables.find((t) => t.columns.every((c) => scope.some((o) => o.name === c.name)));
  if (form === 'same' && same) {
    g.use('subquery over its own table');
    return tableSource(g, same);
  }
  const first = tableSource(g);
  if (form !== 'join') return first;
  g.use('subquery over join');
  const second = tableSource(g);
  const kind = g.random.pick(['JOIN', 'JOIN', 'LEFT JOIN']);
  return {
    text: `${first.text} ${kind} ${second.text} ON ${equalityOf(g, first.operands, second.operands)}`,
    operands: [...first.operands, ...second.operands],
    keys: first.keys && second.keys && [...first.keys, ...second.keys],
  };
}

/** WHERE of a subquery: correlated with the scope, filtered, both or neither. */
function innerWhere(g: Grammar, inner: Source, scope: Scope, correlated = 0.7): string {
  const own = clean(inner.operands);
  const parts: string[] = [];
  if (g.random.chance(correlated)) {
    g.useHere('correlated subquery');
    parts.push(g.random.chance(0.8) ? equalityOf(g, own, scope) : comparisonOf(g, own, scope));
  } else g.useHere('uncorrelated subquery');
  if (g.random.chance(0.5)) parts.push(predicate(g, own, 0));
  if (parts.length > 0 && g.random.chance(0.1)) {
    g.use('condition of a subquery on the outer row');
    parts.push(g.random.chance(0.5) ? equalityOf(g, scope, scope) : predicate(g, scope, 0));
  }
  return parts.length > 0 ? ` WHERE ${parts.join(' AND ')}` : '';
}

/** ORDER BY the row key, or by a column first: without the key a subquery of several rows gives any of them. */
function byKey(g: Grammar, inner: Source): string {
  const down = g.random.chance(0.5) ? ' DESC' : '';
  const keys = (inner.keys ?? []).map((key) => key.sql + down);
  const first = g.random.chance(0.6) ? [`${g.random.pick(clean(inner.operands)).sql}${down}`] : [];
  return ` ORDER BY ${[...first, ...keys].join(', ')}`;
}

export function subqueryPredicate(g: Grammar, scope: Scope, depth: number): string {
  const inner = innerSource(g, scope);
  const own = clean(inner.operands);
  const [o, i] = pairOf(g, scope, own);
  g.linked(o, i);
  g.decides(i);
  // SQLite converts a value without affinity in place, where it is a group's (docs/consistency.md).
  const asValue = (operand: Operand): string =>
    operand.affinity === 'blob' ? `+${operand.sql}` : operand.sql;
  const not = g.random.chance(0.5) ? 'NOT ' : '';
  const name = (construct: string) => g.useHere(`${not}${construct}`);
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
        g.useHere('NOT EXISTS');
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
        return `${asValue(o)} ${not}IN (SELECT ${i.sql} FROM ${inner.text}${innerWhere(g, inner, scope, 0.3)})`;
      },
    ],
    [
      1,
      () => {
        name('row value IN (SELECT)');
        const [o2, i2] = pairOf(g, scope, own);
        const where = innerWhere(g, inner, scope, 0.3);
        return `(${asValue(o)}, ${asValue(o2)}) ${not}IN (SELECT ${i.sql}, ${i2.sql} FROM ${inner.text}${where})`;
      },
    ],
    [
      1,
      () => {
        name('IN (SELECT)');
        g.use('IN (SELECT ... GROUP BY)');
        const having = g.random.pick([
          '',
          ' HAVING count(*) > 1',
          ' HAVING count(*) = 1',
          ' HAVING max(1) = 1',
        ]);
        const where = innerWhere(g, inner, scope, 0.2);
        return `${asValue(o)} ${not}IN (SELECT ${i.sql} FROM ${inner.text}${where} GROUP BY ${i.sql}${having})`;
      },
    ],
    [
      inner.keys ? 1 : 0,
      () => {
        g.use('IN (SELECT ... LIMIT)');
        name('IN (SELECT)');
        const order = byKey(g, inner);
        return `${asValue(o)} ${not}IN (SELECT ${i.sql} FROM ${inner.text}${order} LIMIT ${g.random.between(1, 3)})`;
      },
    ],
    [3, () => `${o.sql} ${g.random.pick(comparisons)} ${scalarSubquery(g, scope)}`],
  ])();
}

/** One value: an aggregate, or the first row under a total order. Collated extremes could be spelt either way. */
export function scalarSubquery(g: Grammar, scope: Scope): string {
  const read = innerSource(g, scope);
  const inner = clean(read.operands).some(oneSpelling) ? read : tableSource(g);
  const own = clean(inner.operands);
  const i = g.random.pick(own.filter(oneSpelling));
  const exact = numeric(own);
  g.useHere('scalar subquery');
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
  return `(SELECT ${i.sql} ${from}${byKey(g, inner)} LIMIT 1${offset})`;
}

/** An aggregate call with what may be said of its value; `keys` identify the rows that it reads. */
export function aggregate(
  g: Grammar,
  scope: Scope,
  keys: readonly Operand[] | null = null,
): Omit<Operand, 'name'> {
  const o = g.random.pick(scope);
  const exact = numeric(scope);
  const small = exact.length > 0 ? g.random.pick(exact) : undefined;
  const filter = g.random.chance(0.2) ? ` FILTER (WHERE ${predicate(g, scope, 0)})` : '';
  if (filter) g.use('FILTER');
  const result = (
    sql: string,
    tag: Operand['tag'],
    flavour: 'small' | 'real' | 'any' = 'any',
  ): Omit<Operand, 'name'> => ({
    sql: sql + filter,
    tag,
    clean: flavour !== 'any',
    affinity: 'blob',
    collation: 'BINARY',
    flavour,
  });
  const call = (name: string, distinct = ''): string => {
    g.use(distinct ? `${name}(DISTINCT)` : name);
    return `${name}(${distinct}`;
  };
  const extreme = o.collation === 'BINARY' ? 'exact' : 'folded';
  const summed = o.affinity === 'integer' && (o.flavour === 'small' || o.flavour === 'key');
  const distinct = 'DISTINCT ';
  const often = (): string => (g.random.chance(0.2) ? distinct : '');
  const ends = g.random.pick(['min', 'max']);
  const average = g.random.pick(['total', 'avg']);
  // Of values that are equal and spelt in several ways DISTINCT keeps any.
  const joined = oneSpelling(o) ? distinct : '';
  return g.random.weighted<() => Omit<Operand, 'name'>>([
    [5, () => result(`${call('count')}*)`, 'exact', 'small')],
    [2, () => result(`${call('count')}${o.sql})`, 'exact', 'small')],
    [2, () => result(`${call('count', distinct)}${o.sql})`, 'exact', 'small')],
    [small ? 4 : 0, () => result(`${call('sum', often())}${small?.sql})`, 'exact', 'small')],
    [small ? 3 : 0, () => result(`${call(average, often())}${small?.sql})`, 'exact', 'real')],
    [
      2,
      () =>
        result(`${call(g.random.pick(['sum', 'total', 'avg']))}${o.sql})`, summed ? 'exact' : 'approximate'),
    ],
    [4, () => result(`${call(ends, often())}${o.sql})`, extreme, o.flavour === 'small' ? 'small' : 'any')],
    [1, () => result(`${call('group_concat', g.random.chance(0.5) ? joined : '')}${o.sql})`, 'parts')],
    [0.5, () => result(`${call('group_concat')}${o.sql}, '|')`, 'parts')],
    [keys ? 1 : 0, () => ordered(g, o, keys ?? [], result)],
    [small ? 0.5 : 0, () => result(`json_group_array(${small?.sql})`, 'parts')],
  ])();
}

function ordered(
  g: Grammar,
  o: Operand,
  keys: readonly Operand[],
  result: (sql: string, tag: 'exact') => Omit<Operand, 'name'>,
): Omit<Operand, 'name'> {
  g.use('ordered group_concat');
  const order = keys.map((key) => key.sql + g.random.pick(['', ' DESC'])).join(', ');
  return result(`group_concat(${o.sql}, '|' ORDER BY ${order})`, 'exact');
}

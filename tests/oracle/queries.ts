import type { Params } from '../../core/values.ts';
import {
  aggregatesOverSubqueries,
  commonTwice,
  derivedAggregateJoined,
  groupsByBothSides,
  groupsByNullable,
  overSmallSet,
  plainGroups,
} from './aggregate-shapes.ts';
import {
  type Core,
  coreText,
  distinct,
  groups,
  type JoinStyle,
  join,
  output,
  rows,
  single,
} from './cores.ts';
import { scalar, scalarSubquery, subqueryPredicate } from './expressions.ts';
import { type Catalog, Grammar, type Hints, type Tag, type View } from './grammar.ts';
import { freeName, quoted } from './names.ts';
import type { Random } from './random.ts';
import { references } from './reference-shapes.ts';
import { compound, derived, from, recursive, relation, source } from './relations.ts';
import type { Table } from './schema.ts';
import { clean, lateralSource, tableSource, viewSource } from './sources.ts';
import { texts } from './values.ts';
import { windows, windowsOverGroups } from './windows.ts';

/** A SELECT, with what SQLite leaves open in its answer. Plain data: a failing one is printed and run again. */
export interface Query {
  readonly kind: string;
  readonly features: readonly string[];
  readonly sql: string;
  readonly params?: Params;
  /** `total`: rows compare in order; `open`: as a multiset, in the order of the `sorted` columns. */
  readonly order: 'total' | 'open';
  readonly sorted: readonly string[];
  /** Columns that compare otherwise than exactly. */
  readonly tags: Readonly<Record<string, Tag>>;
  /** Columns that show the row key or group key, if any: then rows with equal content are the same row. */
  readonly keys: readonly string[] | null;
  readonly hints: Hints;
  /** The query without its LIMIT, where ties at the edge are interchangeable. */
  readonly unlimited?: { readonly sql: string; readonly params?: Params };
}

/** A SELECT over sources with its order still to be chosen, unless it insists on one. */
export type Body = Pick<Core, 'select' | 'total' | 'keys' | 'scope'> & {
  readonly text: string;
  /** First ORDER BY terms of a window that must be limited. */
  readonly top?: readonly SortTerm[];
};

/** An ORDER BY term, and the output column that it sorts by, if any. */
export interface SortTerm {
  readonly sql: string;
  readonly column?: string;
}

export const bodyOf = (core: Core): Body => ({ ...core, text: coreText(core) });

const ofTables = (style: JoinStyle) => (g: Grammar) => bodyOf(rows(g, from(g, joinsOf(g), style)));

/** Of tables, one join most often, three at most. */
const joinsOf = (g: Grammar): number =>
  g.random.weighted([
    [4, 1],
    [3, 2],
    [2, 3],
  ]);

const windowOverJoin = (g: Grammar): Body => {
  g.use('window over join');
  return bodyOf(windows(g, from(g, 1, g.random.pick(['inner', 'left']))));
};

const distinctOverJoin = (g: Grammar): Body => {
  g.use('distinct over join');
  return bodyOf(distinct(g, from(g, 1, g.random.pick(['inner', 'left', 'any']))));
};

const shapes: readonly (readonly [weight: number, kind: string, make: (g: Grammar) => Body])[] = [
  [8, 'filter', (g) => bodyOf(rows(g, single(g, tableSource(g))))],
  [5, 'top-k', topBody],
  [4, 'nested', (g) => bodyOf(rows(g, single(g, source(g))))],
  [4, 'view', (g) => bodyOf(rows(g, single(g, viewSource(g))))],
  [5, 'join', (g) => bodyOf(rows(g, from(g, 1)))],
  [5, 'join of three', (g) => bodyOf(rows(g, from(g, 2)))],
  [6, 'inner join', ofTables('inner')],
  [7, 'left join', ofTables('left')],
  [2, 'right join', (g) => bodyOf(rows(g, from(g, 1, 'right')))],
  [3, 'full join', (g) => bodyOf(rows(g, from(g, g.random.chance(0.2) ? 2 : 1, 'full')))],
  [6, 'group', (g) => bodyOf(groups(g, from(g, 0)))],
  [5, 'group over join', (g) => bodyOf(groups(g, from(g, g.random.between(1, 2))))],
  [9, 'group by both sides', groupsByBothSides],
  [2, 'group by the nullable side', groupsByNullable],
  [8, 'plain groups', plainGroups],
  [4, 'grand total', (g) => bodyOf(groups(g, from(g, g.random.between(0, 1)), false))],
  [3, 'derived aggregate joined', derivedAggregateJoined],
  [2, 'aggregates over subqueries', aggregatesOverSubqueries],
  [3, 'distinct', (g) => bodyOf(distinct(g, from(g, 0)))],
  [3, 'distinct over join', distinctOverJoin],
  [5, 'window', (g) => bodyOf(windows(g, from(g, 0)))],
  [2, 'window over join', windowOverJoin],
  [2, 'window over aggregate', (g) => bodyOf(windowsOverGroups(g, from(g, g.random.between(0, 1))))],
  [7, 'compound', compoundBody],
  [5, 'subquery in WHERE', subqueryInWhere],
  [4, 'subquery in SELECT', subqueryBody],
  [5, 'small set', overSmallSet],
  [2, 'CTE used twice', commonTwice],
  [6, 'references', references],
  [3, 'lateral', lateralBody],
  [2, 'recursive', recursiveBody],
  [1, 'constant', constantBody],
  [0.5, 'schema table', schemaBody],
];

export const queryKinds: readonly string[] = shapes.map(([, kind]) => kind);

function compoundBody(g: Grammar): Body {
  const { sql, columns, keys } = compound(g);
  return { text: sql, select: columns.map((c) => ({ ...c, sql: c.name })), total: null, keys, scope: [] };
}

/** Rows that a subquery lets pass, of one table or of two. */
function subqueryInWhere(g: Grammar): Body {
  const read = g.random.chance(0.75)
    ? single(g, tableSource(g), 0.3)
    : from(g, 1, g.random.pick(['inner', 'left']));
  const scope = clean(read.operands);
  const conditions = g.random.times(g.random.between(1, 2), () => subqueryPredicate(g, scope, 2));
  return bodyOf(rows(g, { ...read, where: [...read.where, ...conditions] }));
}

/** A row with correlated values beside it. */
function subqueryBody(g: Grammar): Body {
  const core = rows(g, from(g, g.random.chance(0.25) ? 1 : 0), true);
  const { scope } = core;
  const more = g.random.times(g.random.between(1, 2), () => {
    const make = () =>
      g.random.chance(0.6) ? scalarSubquery(g, scope) : `(${subqueryPredicate(g, scope, 1)})`;
    return output(g, { ...value, sql: g.within('SELECT', make) }, false);
  });
  return bodyOf({ ...core, select: [...core.select, ...more] });
}

/** Shown only: no affinity, nothing else known of it. */
const value = { tag: 'exact', clean: false, affinity: 'blob', collation: 'BINARY', flavour: 'any' } as const;

function lateralBody(g: Grammar): Body {
  const table = g.catalog.tables.find((t) => t.columns.some((c) => c.flavour === 'json'));
  const outer = tableSource(g, table);
  const lateral = lateralSource(g, outer);
  const all = join(g, single(g, outer, 0.4), lateral ?? tableSource(g));
  const more = g.random.chance(0.15) ? join(g, all, tableSource(g), 'inner') : all;
  return bodyOf(g.random.chance(0.7) ? rows(g, more) : groups(g, more));
}

function recursiveBody(g: Grammar): Body {
  const walk = recursive(g);
  g.withs.push(walk.with);
  if (g.random.chance(0.4)) {
    const all = join(g, single(g, derived(g, walk), 0.3), tableSource(g));
    return bodyOf(g.random.chance(0.5) ? rows(g, all) : groups(g, all));
  }
  return {
    text: walk.sql,
    select: walk.columns.map((c) => ({ ...c, sql: c.name })),
    total: null,
    keys: walk.keys,
    scope: [],
  };
}

function constantBody(g: Grammar): Body {
  const bare = (text: string): Body => ({ text, select: [], total: [], keys: null, scope: [] });
  const one = `SELECT 1 AS "one", ${g.constant(g.random.pick(texts))} AS p, NULL`;
  const values = `VALUES (1, 'a'), (${g.hostile()}, ${g.hostile()})`;
  return g.random.weighted<() => Body>([
    [1, () => bare(one)],
    [1, () => ({ ...bare(values), total: null })],
    [1, () => ({ ...bare('SELECT key, value FROM json_each(\'[3,1,"a"]\')'), total: ['key'] })],
    [1, () => bare(`SELECT count(*) FROM (${values})`)],
  ])();
}

/** What only DDL changes. */
function schemaBody(g: Grammar): Body {
  const bare = (text: string, total: string[]): Body => ({ text, select: [], total, keys: null, scope: [] });
  const name = g.table().name.replaceAll("'", "''");
  return g.random.chance(0.5)
    ? bare('SELECT type, name FROM sqlite_schema', ['type', 'name'])
    : bare(`SELECT cid, name, type FROM pragma_table_info('${name}')`, ['cid']);
}

/** The first rows by columns of few values: the window has ties inside and at its edge, and refills when rows go. */
function topBody(g: Grammar): Body {
  const joined = g.random.chance(0.3);
  const large = g.catalog.tables.toSorted((a, b) => widest(b) - widest(a))[0] as Table;
  const read = tableSource(g, g.random.chance(0.7) ? large : g.table());
  g.use(joined ? 'top-k over join' : 'top-k');
  const start = single(g, read, 0.5);
  const all = joined ? join(g, start, tableSource(g), g.random.pick(['inner', 'left'])) : start;
  const core = rows(g, all, true);
  const few = core.scope.filter((o) => o.flavour === 'small' || o.flavour === 'text' || o.flavour === 'real');
  const terms = g.random.some(few, 1, 2);
  const shown = terms.map((o) => output(g, g.decides(o), true));
  const top = shown.map((o) => {
    const by = o.sql.slice(0, o.sql.length - ` AS ${o.name}`.length);
    return {
      sql: (g.random.chance(0.5) ? o.name : by) + direction(g),
      ...(o.collation === 'BINARY' ? { column: o.name } : {}),
    };
  });
  return { ...bodyOf({ ...core, select: [...core.select, ...shown] }), top };
}

const widest = (table: Table): number => Math.max(...table.columns.map((c) => c.domain?.length ?? 0));

function direction(g: Grammar): string {
  const text = g.random.pick([
    '',
    '',
    ' ASC',
    ' DESC',
    ' DESC',
    ' NULLS FIRST',
    ' NULLS LAST',
    ' DESC NULLS FIRST',
  ]);
  if (text.includes('DESC')) g.use('descending');
  if (text.includes('NULLS'))
    g.use(
      text
        .slice(-11)
        .trim()
        .replace(/^.*(NULLS)/, '$1'),
    );
  return text;
}

/** An ORDER BY term before the ones that make the order total. */
function sortTerm(g: Grammar, body: Body): SortTerm | null {
  const named = body.select.filter((o) => o.tag === 'exact' && o.sql.endsWith(` AS ${o.name}`));
  if (named.length > 0 && (body.scope.length === 0 || g.random.chance(0.5))) {
    const o = g.random.pick(named);
    const sql = o.name + direction(g);
    return o.collation === 'BINARY' ? { sql, column: o.name } : { sql };
  }
  if (body.scope.length === 0) return null;
  const collate = g.random.pick(['', '', '', ' COLLATE NOCASE', ' COLLATE RTRIM']);
  const sql = g.within('ORDER BY', () =>
    g.random.weighted<() => string>([
      [6, () => g.decides(g.random.pick(body.scope)).sql + collate],
      [2, () => scalar(g, body.scope)],
      [1.5, () => scalarSubquery(g, body.scope)],
    ])(),
  );
  if (sql.endsWith(collate) && collate !== '') g.use('COLLATE in ORDER BY');
  return { sql: (/^\d+$/.test(sql) ? `+${sql}` : sql) + direction(g) };
}

/** All columns, byte by byte: what still ties looks the same. */
function everyColumn(body: Body): string[] | null {
  const whole = body.select.length > 0 && body.select.every((o) => o.sql !== '*');
  if (!whole) return null;
  if (body.select.every((o) => o.tag === 'exact'))
    return body.select.map((_, i) => `${i + 1} COLLATE BINARY`);
  return body.keys?.length === body.select.length ? body.select.map((_, i) => String(i + 1)) : null;
}

function limits(g: Grammar): string {
  const count = g.constant({ sql: '3', value: g.random.between(0, 7) });
  const skip = g.random.between(0, 4);
  const text = g.random.weighted([
    [5, ` LIMIT ${count}`],
    [2, ` LIMIT ${count} OFFSET ${skip}`],
    [1, ` LIMIT ${skip}, 4`],
    [0.3, ' LIMIT -1 OFFSET 2'],
    [0.3, ' LIMIT 1 + 1'],
  ]);
  if (/OFFSET|,/.test(text)) g.use('offset');
  return text;
}

/** The first of the ORDER BY terms that are columns of the answer: by these the answer's order is fixed. */
function sortedBy(terms: readonly SortTerm[]): string[] {
  const open = terms.findIndex((term) => term.column === undefined);
  return (open < 0 ? terms : terms.slice(0, open)).map((term) => term.column as string);
}

/** What may bring its rows in an order of its own into FROM. */
const sortedSources = ['union', 'intersect', 'except', 'LIMIT in a derived table', 'view'];

/**
 * Groups of rows that come sorted: SQLite takes their order for the one that ORDER BY asks for, even where that is the
 * other direction (docs/consistency.md), unless the term is not the very expression of GROUP BY.
 */
const unsorted = (term: string): string => (/^\d/.test(term) ? term : `+${term}`);

/** Chooses order, limit and surroundings, and renders the parameters. */
function finish(g: Grammar, kind: string, body: Body): Query {
  const total = body.total ?? everyColumn(body);
  const form = g.random.weighted<'none' | 'partial' | 'total'>([
    [body.top ? 0 : 4, 'none'],
    [2, 'partial'],
    [total ? 6 : 0, 'total'],
  ]);
  const terms =
    body.top ??
    (form === 'none'
      ? []
      : g.random.times(g.random.between(form === 'partial' ? 1 : 0, 2), () => sortTerm(g, body)));
  const chosen = terms.filter((term) => term !== null);
  const order = chosen.map((term) => term.sql);
  if (form === 'total')
    for (const term of total ?? []) order.push(term + (g.random.chance(0.35) ? ' DESC' : ''));
  const sorted = form === 'partial' ? sortedBy(chosen) : [];
  const limited = body.top !== undefined || g.random.chance(form === 'total' ? 0.4 : 0.1);
  if (order.length > 0) g.use(`${form} order`);
  if (limited) g.use(form === 'total' ? 'limit' : 'limit over ties');
  const withs = g.withs.length > 0 ? `WITH ${g.withs.join(', ')} ` : '';
  const by = sortedSources.some((feature) => g.features.has(feature)) ? order.map(unsorted) : order;
  const text = `${withs}${body.text}${by.length > 0 ? ` ORDER BY ${by.join(', ')}` : ''}`;
  const ending = g.random.weighted([
    [20, ''],
    [1, ' -- is it ?'],
    [1, ' /* :p1 */ '],
    [1, ';'],
    [1, '\n'],
  ]);
  const tags: Record<string, Tag> = {};
  for (const o of body.select) if (o.tag !== 'exact') tags[o.name] = o.tag;
  const limit = limited ? limits(g) : '';
  return {
    kind,
    features: [...g.features],
    ...g.render(text + limit + ending),
    order: form === 'total' ? 'total' : 'open',
    sorted,
    tags,
    keys: body.keys,
    hints: g.hints,
    ...(limited && form !== 'total' ? { unlimited: g.render(text) } : {}),
  };
}

/** One random query. SQLite may refuse it: the caller prepares it first. */
export function makeQuery(random: Random, catalog: Catalog): Query {
  const style = random.pick(['none', 'anonymous', 'numbered', 'dollar', 'named'] as const);
  const g = new Grammar(random, catalog, style);
  const special = catalog.ingredients.filter((one) => one.query);
  if (special.length > 0 && random.chance(catalog.focused ? 0.85 : 0.3)) {
    const { name, query } = random.pick(special);
    return finish(g, name, query?.(g) as Body);
  }
  // Over many rows windows are what matters, and other answers would be long.
  const tall = catalog.tables.some((table) => table.tall) && random.chance(0.5);
  if (tall) return finish(g, 'top-k', topBody(g));
  const [kind, make] = random.weighted(
    shapes.map(([weight, name, shape]) => [weight, [name, shape] as const] as const),
  );
  return finish(g, kind, make(g));
}

/** A view over tables; no parameters in it. */
export function makeView(random: Random, catalog: Catalog, wanted: string): View {
  const g = new Grammar(random, catalog, 'none', `${wanted}_`);
  const taken = [...catalog.tables.map((t) => t.name), ...catalog.views.map((v) => v.name)];
  const name = freeName(random, wanted, taken);
  const { sql, columns, keys } = relation(g);
  if (g.withs.length > 0) g.use('CTE');
  const body = g.withs.length > 0 ? `WITH ${g.withs.join(', ')} ${sql}` : sql;
  return { name, columns, keys, body, features: [...g.features] };
}

export const createView = (view: View): string => `CREATE VIEW ${quoted(view.name)} AS ${view.body}`;

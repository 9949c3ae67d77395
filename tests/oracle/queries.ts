import type { Params } from '../../core/values.ts';
import { type Core, coreText, distinct, groups, join, output, rows, single } from './cores.ts';
import { scalar, scalarSubquery } from './expressions.ts';
import { type Catalog, Grammar, type Tag, type View } from './grammar.ts';
import { freeName, quoted } from './names.ts';
import type { Random } from './random.ts';
import { compound, from, recursive, relation, source } from './relations.ts';
import { clean, lateralSource, tableSource } from './sources.ts';
import { texts } from './values.ts';
import { windows, windowsOverGroups } from './windows.ts';

/** A SELECT, with what SQLite leaves open in its answer. Plain data: a failing one is printed and run again. */
export interface Query {
  readonly kind: string;
  readonly features: readonly string[];
  readonly sql: string;
  readonly params?: Params;
  /** `total`: rows compare in order; `open`: as a multiset, in the order of the `sorted` column where there is one. */
  readonly order: 'total' | 'open';
  readonly sorted?: string;
  /** Columns that compare otherwise than exactly. */
  readonly tags: Readonly<Record<string, Tag>>;
  /** Whether each row shows its row key or group key: then rows with equal content are the same row. */
  readonly keyed: boolean;
  /** The query without its LIMIT, where ties at the edge are interchangeable. */
  readonly unlimited?: { readonly sql: string; readonly params?: Params };
}

/** A SELECT over sources with its order still to be chosen. */
type Body = Pick<Core, 'select' | 'total' | 'keys' | 'scope'> & { readonly text: string };

const bodyOf = (core: Core): Body => ({ ...core, text: coreText(core) });

const shapes: readonly (readonly [weight: number, kind: string, make: (g: Grammar) => Body])[] = [
  [10, 'filter', (g) => bodyOf(rows(g, single(g, tableSource(g))))],
  [4, 'nested', (g) => bodyOf(rows(g, single(g, source(g))))],
  [12, 'join', (g) => bodyOf(rows(g, from(g, 1)))],
  [6, 'join of three', (g) => bodyOf(rows(g, from(g, 2)))],
  [8, 'group', (g) => bodyOf(groups(g, from(g, 0)))],
  [8, 'group over join', (g) => bodyOf(groups(g, from(g, g.random.between(1, 2))))],
  [4, 'grand total', (g) => bodyOf(groups(g, from(g, g.random.between(0, 1)), false))],
  [5, 'distinct', (g) => bodyOf(distinct(g, from(g, g.random.between(0, 1))))],
  [6, 'window', (g) => bodyOf(windows(g, from(g, g.random.chance(0.25) ? 1 : 0)))],
  [1, 'window over aggregate', (g) => bodyOf(windowsOverGroups(g, from(g, 0)))],
  [6, 'compound', compoundBody],
  [4, 'subquery in SELECT', subqueryBody],
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

/** A row with correlated values beside it. */
function subqueryBody(g: Grammar): Body {
  const core = rows(g, from(g, g.random.chance(0.25) ? 1 : 0), true);
  const scope = core.scope;
  const plain = {
    tag: 'exact',
    clean: false,
    affinity: 'blob',
    collation: 'BINARY',
    flavour: 'any',
  } as const;
  const more = g.random.times(g.random.between(1, 2), () => {
    const sql = g.random.chance(0.7)
      ? scalarSubquery(g, scope)
      : `${g.random.pick(scope).sql} IN (${inList(g)})`;
    return output(g, { ...plain, sql }, false);
  });
  return bodyOf({ ...core, select: [...core.select, ...more] });
}

function inList(g: Grammar): string {
  g.use('IN as a value');
  const inner = tableSource(g);
  return `SELECT ${g.random.pick(clean(inner.operands)).sql} FROM ${inner.text}`;
}

function lateralBody(g: Grammar): Body {
  const table = g.catalog.tables.find((t) => t.columns.some((c) => c.flavour === 'json'));
  const outer = tableSource(g, table);
  const lateral = lateralSource(g, outer);
  const all = join(g, single(g, outer, 0.4), lateral ?? tableSource(g));
  return bodyOf(g.random.chance(0.7) ? rows(g, all) : groups(g, all));
}

function recursiveBody(g: Grammar): Body {
  const walk = recursive(g);
  g.withs.push(walk.with);
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

/** An ORDER BY term before the ones that make the order total, and the output column that it sorts by, if any. */
function sortTerm(g: Grammar, body: Body): { sql: string; column?: string } | null {
  const direction = g.random.pick([
    '',
    '',
    ' ASC',
    ' DESC',
    ' DESC',
    ' NULLS FIRST',
    ' NULLS LAST',
    ' DESC NULLS FIRST',
  ]);
  const named = body.select.filter((o) => o.tag === 'exact' && o.sql.endsWith(` AS ${o.name}`));
  if (named.length > 0 && (body.scope.length === 0 || g.random.chance(0.5))) {
    const o = g.random.pick(named);
    return o.collation === 'BINARY'
      ? { sql: o.name + direction, column: o.name }
      : { sql: o.name + direction };
  }
  if (body.scope.length === 0) return null;
  const collate = g.random.pick(['', '', '', ' COLLATE NOCASE', ' COLLATE RTRIM']);
  const sql = g.random.chance(0.75) ? g.random.pick(body.scope).sql + collate : scalar(g, body.scope);
  return { sql: /^\d+$/.test(sql) ? `+${sql}` : sql + direction };
}

/** All columns, byte by byte: what still ties looks the same. */
function everyColumn(body: Body): string[] | null {
  const whole = body.select.length > 0 && body.select.every((o) => o.sql !== '*');
  if (!whole) return null;
  if (body.select.every((o) => o.tag === 'exact'))
    return body.select.map((_, i) => `${i + 1} COLLATE BINARY`);
  return body.keys?.length === body.select.length ? body.select.map((_, i) => String(i + 1)) : null;
}

const limits = (g: Grammar): string => {
  const count = g.constant({ sql: '3', value: g.random.between(0, 6) });
  const skip = g.random.between(0, 4);
  return g.random.weighted([
    [5, ` LIMIT ${count}`],
    [2, ` LIMIT ${count} OFFSET ${skip}`],
    [1, ` LIMIT ${skip}, 4`],
    [0.3, ' LIMIT -1 OFFSET 2'],
    [0.3, ' LIMIT 1 + 1'],
  ]);
};

/** Chooses order, limit and surroundings, and renders the parameters. */
function finish(g: Grammar, kind: string, body: Body): Query {
  const total = body.total ?? everyColumn(body);
  const form = g.random.weighted<'none' | 'partial' | 'total'>([
    [4, 'none'],
    [2, 'partial'],
    [total ? 6 : 0, 'total'],
  ]);
  const terms =
    form === 'none'
      ? []
      : g.random.times(g.random.between(form === 'partial' ? 1 : 0, 2), () => sortTerm(g, body));
  const chosen = terms.filter((term) => term !== null);
  const order = chosen.map((term) => term.sql);
  if (form === 'total')
    for (const term of total ?? []) order.push(term + (g.random.chance(0.35) ? ' DESC' : ''));
  const sorted = form === 'partial' ? chosen[0]?.column : undefined;
  const limited = g.random.chance(form === 'total' ? 0.4 : 0.1);
  if (order.length > 0) g.use(`${form} order`);
  if (limited) g.use(form === 'total' ? 'limit' : 'limit over ties');
  const withs = g.withs.length > 0 ? `WITH ${g.withs.join(', ')} ` : '';
  const text = `${withs}${body.text}${order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''}`;
  const ending = g.random.weighted([
    [20, ''],
    [1, ' -- is it ?'],
    [1, ' /* :p1 */ '],
    [1, ';'],
    [1, '\n'],
  ]);
  const tags: Record<string, Tag> = {};
  for (const o of body.select) if (o.tag !== 'exact') tags[o.name] = o.tag;
  return {
    kind,
    features: [...g.features],
    ...g.render(text + (limited ? limits(g) : '') + ending),
    order: form === 'total' ? 'total' : 'open',
    ...(sorted === undefined ? {} : { sorted }),
    tags,
    keyed: body.keys !== null,
    ...(limited && form !== 'total' ? { unlimited: g.render(text) } : {}),
  };
}

/** One random query. SQLite may refuse it: the caller prepares it first. */
export function makeQuery(random: Random, catalog: Catalog): Query {
  const style = random.pick(['none', 'anonymous', 'numbered', 'dollar', 'named'] as const);
  const g = new Grammar(random, catalog, style);
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
  return { name, columns, keys, body: sql };
}

export const createView = (view: View): string => `CREATE VIEW ${quoted(view.name)} AS ${view.body}`;

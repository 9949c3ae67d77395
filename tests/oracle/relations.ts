import {
  type Core,
  coreText,
  distinct,
  type From,
  groups,
  join,
  type Output,
  output,
  rows,
  single,
} from './cores.ts';
import { equalityOf } from './expressions.ts';
import type { Grammar, Operand, RelationColumn, Source } from './grammar.ts';
import { quoted } from './names.ts';
import { valueFor } from './schema.ts';
import { clean, lateralSource, operandsOf, tableSource, viewSource } from './sources.ts';
import { windows } from './windows.ts';

/** A whole SELECT that may stand in FROM: what it gives, and what identifies its rows. */
export interface Relation {
  readonly sql: string;
  readonly columns: readonly RelationColumn[];
  readonly keys: readonly string[] | null;
}

const asRelation = (core: Core, sql = coreText(core)): Relation => ({
  sql,
  columns: core.select,
  keys: core.keys,
});

/** A SELECT over tables, its columns all named. It becomes a derived table, a CTE or a view. */
export function relation(g: Grammar): Relation {
  const from = g.random.chance(0.3)
    ? join(g, single(g, tableSource(g), 0.4), tableSource(g))
    : single(g, tableSource(g));
  return g.random.weighted<() => Relation>([
    [4, () => asRelation(rows(g, from, true))],
    [4, () => asRelation(groups(g, from, true, true))],
    [1, () => asRelation(groups(g, from, false, true))],
    [2, () => asRelation(distinct(g, from, true))],
    [2, () => unionAll(g)],
    [1, () => asRelation(windows(g, from, true))],
    [2, () => limited(g, from)],
    [1, () => compound(g, true)],
  ])();
}

function limited(g: Grammar, from: From): Relation {
  const core = rows(g, from, true);
  if (!core.total) return asRelation(core);
  g.use('LIMIT in a derived table');
  const order = core.total.map((term) => term + (g.random.chance(0.3) ? ' DESC' : '')).join(', ');
  return asRelation(core, `${coreText(core)} ORDER BY ${order} LIMIT ${g.random.between(1, 5)}`);
}

/** A derived table, CTE, view or plain table. The same CTE may be used twice in one query. */
export function source(g: Grammar): Source {
  return g.random.weighted<() => Source>([
    [12, () => tableSource(g)],
    [3, () => viewSource(g)],
    [3, () => nested(g, 'derived table', (sql, alias) => ({ text: `(${sql}) ${alias}`, alias }))],
    [
      3,
      () =>
        nested(g, 'CTE', (sql, alias) => {
          // A CTE may hide a table of its name, also from a subquery further in.
          const name = g.random.chance(0.08) ? g.table().name : g.name('cte');
          const hint = g.random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
          g.withs.push(`${quoted(name)} AS ${hint}(${sql})`);
          return { text: `${quoted(name)} ${alias}`, alias };
        }),
    ],
  ])();
}

function nested(
  g: Grammar,
  feature: string,
  place: (sql: string, alias: string) => { text: string; alias: string },
): Source {
  const inner = relation(g);
  if (!inner.columns.some((column) => column.clean)) return tableSource(g);
  g.use(feature);
  const { text, alias } = place(inner.sql, g.alias());
  return described(g, text, alias, inner);
}

function described(g: Grammar, text: string, alias: string, inner: Relation): Source {
  const operands = operandsOf(g, alias, inner.columns);
  const keys = inner.keys && operands.filter((o) => inner.keys?.includes(o.name));
  return { text, operands, keys };
}

/** One to three sources, joined. */
export function from(g: Grammar, joins: number): From {
  const first = source(g);
  let all = single(g, first, joins > 0 ? 0.4 : 0.75);
  for (let i = 0; i < joins; i++) {
    const lateral = i === 0 && g.random.chance(0.1) ? lateralSource(g, first) : null;
    // The second of the two is often the first's own table: a self join has two occurrences to reach.
    all = join(g, all, lateral ?? (g.random.chance(0.2) ? again(g, first) : source(g)));
  }
  return all;
}

/** A second occurrence of a table or CTE. */
function again(g: Grammar, first: Source): Source {
  const name = /^"(cte\d+)" /.exec(first.text)?.[1];
  const alias = g.alias();
  if (name) {
    g.use('CTE used twice');
    const keys = first.keys?.map((key) => key.name) ?? null;
    return described(g, `"${name}" ${alias}`, alias, { sql: '', columns: first.operands, keys });
  }
  const table = g.catalog.tables.find((t) =>
    t.columns.every((c) => first.operands.some((o) => o.name === c.name)),
  );
  if (table) g.use('self join');
  return tableSource(g, table);
}

/** Arms for a set operator: as many columns each, determinate ones. UNION ALL keeps the affinity of both sides alike. */
function arm(g: Grammar, shape: readonly Operand[] | null): Core {
  const over = single(g, g.random.chance(0.85) ? tableSource(g) : viewSource(g));
  const scope = clean(over.operands);
  const like = (wanted: Operand | undefined) =>
    scope.find(
      (o) =>
        o.flavour === wanted?.flavour && o.affinity === wanted.affinity && o.collation === wanted.collation,
    );
  const picked = shape ? shape.map((o) => like(o) ?? g.random.pick(scope)) : g.random.some(scope, 1, 3);
  const tail = rows(g, over, true).tail;
  return {
    select: picked.map((o) => output(g, o, true)),
    distinct: false,
    tail,
    total: null,
    keys: null,
    scope: [],
  };
}

/** What the columns of a set operator may be taken for: only what all arms agree on. */
function merged(arms: readonly Core[], folds: boolean): Output[] {
  const [first, ...others] = arms as [Core, ...Core[]];
  return first.select.map((o, i) => {
    const all = [o, ...others.map((a) => a.select[i] as Output)];
    const alike = all.every(
      (c) => c.affinity === o.affinity && c.collation === o.collation && c.flavour === o.flavour,
    );
    const plain = all.every((c) => c.collation === 'BINARY');
    const isClean = alike && plain && (!folds || o.affinity !== 'blob' || o.flavour === 'small');
    return {
      ...o,
      tag: folds && !plain ? 'folded' : 'exact',
      clean: isClean,
      flavour: alike ? o.flavour : 'any',
    };
  });
}

function unionAll(g: Grammar): Relation {
  g.use('union all');
  const first = arm(g, null);
  const arms = [first, ...g.random.times(g.random.between(1, 2), () => arm(g, first.select))];
  return { sql: arms.map(coreText).join(' UNION ALL '), columns: merged(arms, false), keys: null };
}

/** UNION, INTERSECT, EXCEPT, UNION ALL and mixtures; all but UNION ALL make the answer its own key. */
export function compound(g: Grammar, distinctOnly = false): Relation {
  const operators = distinctOnly
    ? ['UNION', 'INTERSECT', 'EXCEPT']
    : ['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'];
  const arms = [arm(g, null)];
  let sql = coreText(arms[0] as Core);
  let last = '';
  for (let count = g.random.between(1, 2); count > 0; count--) {
    last = g.random.pick(operators);
    g.use(last.toLowerCase());
    const next = arm(g, (arms[0] as Core).select);
    arms.push(next);
    sql += ` ${last} ${coreText(next)}`;
  }
  const columns = merged(arms, true);
  return { sql, columns, keys: last === 'UNION ALL' ? null : columns.map((c) => c.name) };
}

/** A walk along `parent`, or a count: the queue of a recursive CTE. Depth is bounded, so cycles end. */
export function recursive(g: Grammar): Relation & { readonly with: string } {
  g.use('recursive CTE');
  const name = g.name('walk');
  const table = tableSource(g);
  const own = clean(table.operands);
  const ids = own.filter((o) => o.flavour === 'key' && o.collation === 'BINARY');
  const id = ids.length > 0 ? g.random.pick(ids) : (own.find((o) => o.flavour === 'small') as Operand);
  const columns: RelationColumn[] = [
    { ...id, name: 'id', clean: true, tag: 'exact' },
    { ...id, name: 'depth', affinity: 'blob', collation: 'BINARY', flavour: 'small' },
  ];
  const links = operandsOf(g, name, columns.slice(0, 1));
  if (g.random.chance(0.3)) {
    const body = `VALUES (1, 0) UNION ALL SELECT id + 1, depth + 1 FROM ${name} WHERE depth < ${g.random.between(2, 5)}`;
    const sql = `SELECT ${id.sql} AS id, depth FROM ${name} JOIN ${table.text} ON ${equalityOf(g, [id], links)}`;
    return { with: `${name} (id, depth) AS (${body})`, sql, columns, keys: null };
  }
  const start = `${id.sql} = ${g.constant(valueFor(g.random, id))}`;
  const step = `SELECT ${id.sql}, ${name}.depth + 1 FROM ${table.text} JOIN ${name} ON ${equalityOf(g, own, links)}`;
  const body = `SELECT ${id.sql}, 0 FROM ${table.text} WHERE ${start} UNION ${step} WHERE ${name}.depth < 2`;
  return {
    with: `${name} (id, depth) AS (${body})`,
    sql: `SELECT id, depth FROM ${name}`,
    columns,
    keys: ['id', 'depth'],
  };
}

import {
  type Core,
  coreText,
  distinct,
  type From,
  groups,
  type JoinStyle,
  join,
  type Output,
  output,
  rows,
  single,
  whereOf,
} from './cores.ts';
import { aggregate, equalityOf } from './expressions.ts';
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

/** A SELECT, its columns all named. It becomes a derived table, a CTE or a view; `depth` bounds what is in it. */
export function relation(g: Grammar, depth = 1): Relation {
  const inner = (): Source => (depth > 0 && g.random.chance(0.3) ? source(g, depth - 1) : tableSource(g));
  const special = g.catalog.ingredients.filter((one) => one.relation);
  if (special.length > 0 && g.random.chance(0.35)) return g.random.pick(special).relation?.(g) as Relation;
  const joined = g.random.chance(0.3);
  const from = joined ? join(g, single(g, inner(), 0.4), tableSource(g)) : single(g, inner());
  if (joined) g.use('derived table over join');
  return g.random.weighted<() => Relation>([
    [4, () => asRelation(rows(g, from, true))],
    [4, () => asRelation(groups(g, from, true, true))],
    [1, () => asRelation(groups(g, from, false, true))],
    [2, () => asRelation(distinct(g, from, true))],
    [2, () => unionAll(g)],
    [1, () => asRelation(windows(g, from, true))],
    [2, () => limited(g, from)],
    [1, () => compound(g, true, depth)],
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
export function source(g: Grammar, depth = 1): Source {
  return g.random.weighted<() => Source>([
    [12, () => tableSource(g)],
    [3, () => viewSource(g)],
    [3, () => derived(g, relation(g, depth))],
    [3, () => common(g, depth)],
  ])();
}

/** `(SELECT ...) alias`. */
export function derived(g: Grammar, inner: Relation): Source {
  if (!inner.columns.some((column) => column.clean)) return tableSource(g);
  g.use('derived table');
  const alias = g.alias();
  return described(g, `(${inner.sql}) ${alias}`, alias, inner);
}

/** A CTE, which may read the one before it. */
function common(g: Grammar, depth: number): Source {
  const before = g.withs.length;
  const inner = depth > 0 && g.random.chance(0.3) ? chained(g) : relation(g, depth);
  if (!inner.columns.some((column) => column.clean)) return tableSource(g);
  if (g.withs.length > before) g.use('CTE chained');
  return placed(g, inner);
}

/** Rows or groups of a CTE. */
function chained(g: Grammar): Relation {
  const first = relation(g, 0);
  if (!first.columns.some((column) => column.clean)) return first;
  const from = single(g, placed(g, first), 0.5);
  return asRelation(g.random.chance(0.5) ? rows(g, from, true) : groups(g, from, true, true));
}

/** Puts a relation into the WITH clause. */
export function placed(g: Grammar, inner: Relation): Source {
  g.use('CTE');
  // A CTE may hide a table of its name, also from a subquery further in.
  const name = g.random.chance(0.08) && !g.catalog.tame ? g.table().name : g.name('cte');
  const hint = g.random.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
  g.withs.push(`${quoted(name)} AS ${hint}(${inner.sql})`);
  const alias = g.alias();
  return described(g, `${quoted(name)} ${alias}`, alias, inner);
}

function described(g: Grammar, text: string, alias: string, inner: Relation): Source {
  const operands = operandsOf(g, alias, inner.columns);
  const keys = inner.keys && operands.filter((o) => inner.keys?.includes(o.name));
  return { text, operands, keys };
}

/** One to four sources, joined: of any kind and by any join, or tables alone by one style of join. */
export function from(g: Grammar, joins: number, style: JoinStyle = 'any'): From {
  const next = (): Source => (style === 'any' || g.random.chance(0.08) ? source(g) : tableSource(g));
  const first = next();
  if (style !== 'any') g.use(`${style} join of ${joins + 1}`);
  let all = single(g, first, joins > 0 ? 0.4 : 0.75);
  for (let i = 0; i < joins; i++) {
    const lateral = style === 'any' && i === 0 && g.random.chance(0.1) ? lateralSource(g, first) : null;
    // The second of the two is often the first's own table: a self join has two occurrences to reach.
    all = join(g, all, lateral ?? (g.random.chance(0.2) ? again(g, first) : next()), style);
  }
  return all;
}

/** A second occurrence of a table or CTE. */
export function again(g: Grammar, first: Source): Source {
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
function arm(g: Grammar, shape: readonly Operand[] | null, depth: number): Core {
  const joined = g.random.chance(0.12);
  const inner = (): Source =>
    g.random.weighted<() => Source>([
      [10, () => tableSource(g)],
      [2, () => viewSource(g)],
      [depth > 0 ? 2 : 0, () => derived(g, compound(g, true, depth - 1))],
    ])();
  const read = inner();
  if (read.text.startsWith('(')) g.use('nested set operator');
  const over = joined ? join(g, single(g, read, 0.4), tableSource(g)) : single(g, read, 0.6);
  if (g.random.chance(0.25)) return armOfGroups(g, over, shape?.length ?? g.random.between(1, 3));
  const scope = clean(over.operands);
  const like = (wanted: Operand | undefined) =>
    scope.find(
      (o) =>
        o.flavour === wanted?.flavour && o.affinity === wanted.affinity && o.collation === wanted.collation,
    );
  const folded = scope.filter((o) => o.collation !== 'BINARY');
  const first = folded.length > 0 && g.random.chance(0.3) ? folded : scope;
  const picked = shape ? shape.map((o) => like(o) ?? g.random.pick(scope)) : g.random.some(first, 1, 3);
  const select = picked.map((o) => output(g, o, true));
  return { ...bare, select, tail: ` FROM ${over.text}${whereOf(over.where)}` };
}

const bare = { distinct: false, total: null, keys: null, scope: [] } as const;

/** Groups or a grand total as an arm: only values that SQLite fixes, since set operators compare them. */
function armOfGroups(g: Grammar, over: From, width: number): Core {
  g.use('union of aggregates');
  const scope = clean(over.operands);
  const plain = scope.filter((o) => o.collation === 'BINARY');
  const count = plain.length === 0 ? 0 : g.random.between(0, Math.min(2, width - 1));
  const terms = g.random.times(count, () => g.random.pick(plain));
  const exact = (): Output => {
    for (;;) {
      const made = aggregate(g, scope);
      if (made.tag === 'exact') return output(g, made, true);
    }
  };
  const by = count > 0 ? ` GROUP BY ${terms.map((o) => o.sql).join(', ')}` : '';
  const having = g.random.chance(0.2) ? ` HAVING count(*) ${g.random.pick(['> 1', '= 1', '< 3'])}` : '';
  const select = [...terms.map((o) => output(g, o, true)), ...g.random.times(width - count, exact)];
  return { ...bare, select, tail: ` FROM ${over.text}${whereOf(over.where)}${by}${having}` };
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
    const isClean =
      alike &&
      plain &&
      all.every((c) => c.clean) &&
      (!folds || o.affinity !== 'blob' || o.flavour === 'small');
    // As a REAL column of the whole SQLite shows other arms' integers too, but only where ORDER BY makes it read one.
    const rounds = o.affinity === 'real' && !alike;
    return {
      ...o,
      tag: rounds ? 'approximate' : folds && !plain ? 'folded' : 'exact',
      clean: isClean,
      flavour: alike ? o.flavour : 'any',
    };
  });
}

function unionAll(g: Grammar): Relation {
  g.use('union all');
  const first = arm(g, null, 0);
  const arms = [first, ...g.random.times(g.random.between(1, 2), () => arm(g, first.select, 0))];
  return { sql: arms.map(coreText).join(' UNION ALL '), columns: merged(arms, false), keys: null };
}

/** UNION, INTERSECT, EXCEPT, UNION ALL and mixtures; all but UNION ALL make the answer its own key. */
export function compound(g: Grammar, distinctOnly = false, depth = 1): Relation {
  const operators = distinctOnly
    ? ['UNION', 'INTERSECT', 'EXCEPT']
    : ['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'];
  const arms = [arm(g, null, depth)];
  let sql = coreText(arms[0] as Core);
  let last = '';
  for (let count = g.random.between(1, 2); count > 0; count--) {
    last = g.random.pick(operators);
    g.use(last.toLowerCase());
    const next = arm(g, (arms[0] as Core).select, depth);
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

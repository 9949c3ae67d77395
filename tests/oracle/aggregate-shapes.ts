import {
  type Core,
  coreText,
  type From,
  groupKey,
  groups,
  join,
  output,
  rows,
  single,
  whereOf,
} from './cores.ts';
import { equalityOf, near, pairOf, predicate, scalarSubquery, unlike } from './expressions.ts';
import { type Grammar, type Operand, oneSpelling, type Source } from './grammar.ts';
import { type Body, bodyOf } from './queries.ts';
import { again, derived, from, placed, type Relation } from './relations.ts';
import { valueFor } from './schema.ts';
import { clean, tableSource } from './sources.ts';

/** Items 1 and 2 of section 11: composite keys, each side of a join giving one; the second side may be the first again. */
export function groupsByBothSides(g: Grammar): Body {
  const first = tableSource(g);
  const self = g.random.chance(0.35);
  const second = self ? again(g, first) : tableSource(g);
  g.use(self ? 'group by both sides of a self join' : 'group by both sides of a join');
  const style = g.random.pick(['inner', 'inner', 'left', 'any'] as const);
  const all = join(g, single(g, first, 0.3), second, style);
  const terms = [groupKey(g, clean(first.operands)), groupKey(g, clean(second.operands))];
  return bodyOf(groups(g, all, true, false, terms));
}

/**
 * Groups that an engine can keep up by what enters and leaves them: plain aggregates over inner joins under plain
 * conditions. Sums over whatever a column holds: integers, texts, NULL, numbers beyond the exact ones.
 */
export function plainGroups(g: Grammar): Body {
  g.use('plain aggregates');
  const first = tableSource(g);
  const second = g.random.chance(0.4) ? null : g.random.chance(0.4) ? again(g, first) : tableSource(g);
  const scope = clean([...first.operands, ...(second?.operands ?? [])]);
  const where = g.random.times(g.random.between(0, 2), () => {
    const o = g.decides(g.random.pick(scope));
    return `${o.sql} ${g.random.pick(['=', '<>', '<', '>=', 'IS', 'IS NOT'])} ${near(g, o)}`;
  });
  const joined = (other: Source): string => {
    const sides = [clean(first.operands), clean(other.operands)] as const;
    const pair = g.random.chance(0.35) ? unlike(g, ...sides) : null;
    if (!pair) return equalityOf(g, ...sides);
    g.linked(...pair);
    return `${pair[0].sql} = ${pair[1].sql}`;
  };
  const on = second ? `${g.random.chance(0.2) ? ' LEFT' : ''} JOIN ${second.text} ON ${joined(second)}` : '';
  const by = g.random.some(scope, g.random.chance(0.2) ? 0 : 1, 2).map((o): Operand => {
    if (g.random.chance(0.15)) return { ...compared(g, g.decides(o)), name: '' };
    return { ...g.decides(o), tag: o.collation === 'BINARY' ? 'exact' : 'folded' };
  });
  const keys = by.map((o) => output(g, o, true));
  const aggregates = g.random.times(g.random.between(1, 4), () => output(g, plainAggregate(g, scope), true));
  const group = by.length > 0 ? ` GROUP BY ${by.map((o) => o.sql).join(', ')}` : '';
  return bodyOf({
    select: [...keys, ...aggregates],
    distinct: false,
    tail: ` FROM ${first.text}${on}${whereOf(where)}${group}`,
    total: by.map((o) => o.sql),
    keys: keys.map((o) => o.name),
    scope: [],
  });
}

/** Whether a column is what it is compared with: that depends on its affinity and collation. */
const compared = (g: Grammar, o: Operand): Operand => ({
  ...o,
  sql: `(${o.sql} = ${near(g, o)})`,
  tag: 'exact',
  clean: false,
  affinity: 'blob',
  collation: 'BINARY',
  flavour: 'small',
});

function plainAggregate(g: Grammar, scope: readonly Operand[]): Omit<Operand, 'name'> {
  const name = g.random.pick(['count', 'sum', 'total', 'avg', 'min', 'max'] as const);
  // What a sum can't take as an integer.
  const odd = scope.filter(({ flavour }) => flavour === 'any' || flavour === 'real');
  const column = g.decides(g.random.pick(odd.length > 0 && g.random.chance(0.4) ? odd : scope));
  const o = g.random.chance(0.15) ? compared(g, column) : column;
  g.use(name);
  const made = (tag: Operand['tag'], sql = `${name}(${o.sql})`) =>
    ({ sql, tag, clean: false, affinity: 'blob', collation: 'BINARY', flavour: 'any' }) as const;
  if (name === 'count') return made('exact', g.random.chance(0.4) ? 'count(*)' : `count(${o.sql})`);
  if (name === 'min' || name === 'max') return made(o.collation === 'BINARY' ? 'exact' : 'folded');
  const isInteger = o.flavour === 'small' || (o.flavour === 'key' && o.affinity === 'integer');
  return made(isInteger ? 'exact' : 'approximate');
}

/** Item 7: whether something is among the members of a set that has few, or none, or NULL alone. */
function amongFew(g: Grammar, scope: readonly Operand[]): string {
  const inner = tableSource(g);
  const own = clean(inner.operands);
  const few = own.filter((o) => o.flavour === 'small' || o.flavour === 'text');
  const by = g.random.pick(few.length > 0 ? few : own);
  const { sql: value } = valueFor(g.random, by);
  const [o, member] = pairOf(g, scope, own);
  g.chosen(member, by, value);
  g.decides(o);
  g.useHere('uncorrelated subquery');
  const from = `FROM ${inner.text} WHERE ${by.sql} ${value === 'NULL' ? 'IS' : '='} ${value}`;
  const not = g.random.chance(0.65) ? 'NOT ' : '';
  return g.random.weighted<() => string>([
    [5, () => `${o.sql} ${not}IN (SELECT ${member.sql} ${from})`],
    // Without a collation of its own the left side takes that of the members.
    [1, () => `coalesce(${o.sql}, ${near(g, o)}) ${not}IN (SELECT ${member.sql} ${from})`],
    [
      5,
      () => {
        const [o2, second] = pairOf(g, scope, own);
        g.use(`${not}row value IN (SELECT)`);
        return `(${o.sql}, ${o2.sql}) ${not}IN (SELECT ${member.sql}, ${second.sql} ${from})`;
      },
    ],
    [1, () => `${not}EXISTS (SELECT 1 ${from})`],
  ])();
}

/** Rows that one or two such sets let pass, or that show whether they would. */
export function overSmallSet(g: Grammar): Body {
  g.use('small set');
  const read = single(g, tableSource(g), 0.15);
  const scope = clean(read.operands);
  const among = (): string => amongFew(g, scope);
  const shown = g.random.chance(0.4);
  const core = rows(
    g,
    shown ? read : { ...read, where: [...read.where, ...g.random.times(g.random.between(1, 2), among)] },
    shown,
  );
  if (!shown) return bodyOf(core);
  const plain = {
    tag: 'exact',
    clean: false,
    affinity: 'blob',
    collation: 'BINARY',
    flavour: 'any',
  } as const;
  return bodyOf({
    ...core,
    select: [
      ...core.select,
      ...g.random.times(g.random.between(1, 2), () =>
        output(g, { ...plain, sql: `(${g.within('SELECT', among)})` }, true),
      ),
    ],
  });
}

/** Item 5: the group of a null-extended row is that of NULL, whatever the key makes of it. */
export function groupsByNullable(g: Grammar): Body {
  g.use('group by the nullable side');
  const first = tableSource(g);
  const second = tableSource(g);
  const all = join(g, single(g, first, 0.3), second, 'left');
  const theirs = clean(second.operands);
  const key = g.random.pick(theirs);
  const plain = { ...groupKey(g, theirs) };
  const filled = {
    ...plain,
    sql: `coalesce(${key.sql}, -1)`,
    tag: 'folded',
    clean: false,
    name: '',
  } as const;
  return bodyOf(groups(g, all, true, false, [g.random.chance(0.5) ? plain : filled]));
}

/** Groups whose key and aggregates are all shown and determinate, so that a query over them may join on each. */
function aggregated(g: Grammar): { relation: Relation; keys: string[]; values: string[] } | null {
  const read = single(g, tableSource(g), 0.4);
  const scope = clean(read.operands).filter(oneSpelling);
  if (scope.length === 0) return null;
  const key = output(g, g.random.pick(scope), true);
  const small = scope.filter((o) => o.flavour === 'small');
  const value = (sql: string): Operand =>
    output(
      g,
      { sql, tag: 'exact', clean: true, affinity: 'blob', collation: 'BINARY', flavour: 'small' },
      true,
    );
  const values = [value('count(*)')];
  if (small.length > 0) values.push(value(`${g.random.pick(['sum', 'max'])}(${g.random.pick(small).sql})`));
  const by = key.sql.slice(0, -` AS ${key.name}`.length);
  const having = g.random.chance(0.3) ? ` HAVING count(*) ${g.random.pick(['> 1', '< 3', '<> 2'])}` : '';
  const core: Core = {
    select: [key, ...values],
    distinct: false,
    tail: ` FROM ${read.text}${read.where.length > 0 ? ` WHERE ${read.where.join(' AND ')}` : ''} GROUP BY ${by}${having}`,
    total: null,
    keys: [key.name],
    scope: [],
  };
  const relation = { sql: coreText(core), columns: core.select, keys: [key.name] };
  return { relation, keys: [key.name], values: values.map((o) => o.name) };
}

/** Item 11: a derived aggregate joined on its group key, or on its count; also twice, by a CTE. */
export function derivedAggregateJoined(g: Grammar): Body {
  const made = aggregated(g);
  if (!made) return bodyOf(groups(g, from(g, 0)));
  const outer = tableSource(g);
  const inner = g.random.chance(0.6) ? derived(g, made.relation) : placed(g, made.relation);
  const byKey = g.random.chance(0.55);
  g.use(byKey ? 'derived aggregate joined on its key' : 'derived aggregate joined on its value');
  const joined = on(g, single(g, outer, 0.4), inner, byKey ? made.keys : made.values);
  const twice = inner.text.startsWith('"cte') && g.random.chance(0.5);
  const all = twice ? on(g, joined, again(g, inner), g.random.chance(0.5) ? made.keys : made.values) : joined;
  return bodyOf(g.random.chance(0.75) ? rows(g, all) : groups(g, all));
}

/** A join on one of the named columns, with a column of its kind on the left. */
function on(g: Grammar, left: From, right: Source, names: readonly string[]): From {
  const known = right.operands.filter((o) => names.includes(o.name));
  // A CTE that hides a table can't be named twice: then the second is a table.
  const target = g.random.pick(known.length > 0 ? known : clean(right.operands));
  const ours = clean(left.operands);
  const alike = ours.filter((o) => o.flavour === target.flavour);
  const own = g.random.pick(alike.length > 0 ? alike : ours);
  const kind = g.random.pick(['JOIN', 'LEFT JOIN', 'LEFT JOIN']);
  g.use(kind.toLowerCase());
  g.linked(own, target);
  const compared = g.random.weighted([
    [8, '='],
    [1, '<'],
    [1, 'IS'],
  ]);
  return {
    text: `${left.text} ${kind} ${right.text} ON ${own.sql} ${compared} ${target.sql}`,
    operands: [...left.operands, ...right.operands],
    keys: left.keys && right.keys && [...left.keys, ...right.keys],
    where: left.where,
  };
}

/** A three-table join whose aggregates take subqueries: sum((SELECT ...)), count(*) FILTER (WHERE EXISTS ...). */
export function aggregatesOverSubqueries(g: Grammar): Body {
  g.use('aggregates over subqueries of a join of 3');
  const all = from(g, 2, g.random.pick(['inner', 'left']));
  const scope = clean(all.operands);
  const base = groups(g, all, g.random.chance(0.7), true);
  const counted = g.within('SELECT', () => {
    const inner = tableSource(g);
    const own = clean(inner.operands);
    const link = `${g.random.pick(own).sql} = ${g.random.pick(scope).sql}`;
    return g.random.pick([
      `sum((SELECT count(*) FROM ${inner.text} WHERE ${link}))`,
      `count(*) FILTER (WHERE EXISTS (SELECT 1 FROM ${inner.text} WHERE ${link}))`,
      `sum(${predicate(g, scope, 1)})`,
      `max(${scalarSubquery(g, scope)})`,
    ]);
  });
  const plain = {
    tag: 'exact',
    clean: false,
    affinity: 'blob',
    collation: 'BINARY',
    flavour: 'any',
  } as const;
  return bodyOf({ ...base, select: [...base.select, output(g, { ...plain, sql: counted }, true)] });
}

/** One CTE of aggregates read twice: joined with itself, or as an arm and its complement. */
export function commonTwice(g: Grammar): Body {
  const made = aggregated(g);
  if (!made) return bodyOf(groups(g, from(g, 0)));
  const first = placed(g, made.relation);
  const second = again(g, first);
  const all = on(g, single(g, first, 0.3), second, g.random.chance(0.5) ? made.keys : made.values);
  return bodyOf(rows(g, all));
}

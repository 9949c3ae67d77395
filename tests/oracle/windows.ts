import { type Core, type From, groups, output, rows } from './cores.ts';
import { predicate } from './expressions.ts';
import type { Grammar, Operand } from './grammar.ts';
import { clean } from './sources.ts';

const exclude = (g: Grammar): string =>
  g.random.pick(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE TIES', ' EXCLUDE GROUP', ' EXCLUDE NO OTHERS']);

const bounds = [
  'BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
  'BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  'BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
  'BETWEEN 2 PRECEDING AND 1 PRECEDING',
] as const;

/**
 * One window call, made so that ties can't show: functions of position and ROWS frames get a total order, the others
 * see whole groups of peers.
 */
function windowCall(
  g: Grammar,
  scope: readonly Operand[],
  keys: readonly Operand[],
  named: string | null,
): string {
  const small = scope.filter((o) => o.flavour === 'small');
  const sum = small.length > 0 ? `sum(${g.random.pick(small).sql})` : 'count(*)';
  const partitions = g.random.some(scope, 1, 2).map((o) => o.sql);
  const partition = g.random.chance(0.75) ? `PARTITION BY ${partitions.join(', ')}` : '';
  if (!partition) g.use('window without partition');
  const down = g.random.chance(0.3) ? ' DESC' : '';
  const peers = ` ORDER BY ${g.random.pick(scope).sql}${down}${g.random.pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}`;
  const total = `${peers}, ${keys.map((key) => key.sql + down).join(', ')}`;
  const shown = g.random.pick(scope).sql;
  const filter = g.random.chance(0.15) ? ` FILTER (WHERE ${predicate(g, scope, 0)})` : '';
  const over = (order: string, frame = ''): string => `OVER (${partition}${order}${frame})`;
  const ordered = keys.length > 0;
  return g.random.weighted<() => string>([
    [3, () => `${g.random.pick(['rank()', 'dense_rank()', 'percent_rank()', 'cume_dist()'])} ${over(peers)}`],
    [3, () => `${sum}${filter} ${over('')}`],
    [2, () => `${g.random.pick([sum, 'count(*)'])} ${over(peers)}`],
    [2, () => `${sum} ${over(peers, ` ${g.random.pick(['RANGE', 'GROUPS'])} ${bounds[0]}${exclude(g)}`)}`],
    [1, () => `${sum} ${over(peers, ` GROUPS ${g.random.pick(bounds)}${exclude(g)}`)}`],
    [
      small.length > 0 ? 1 : 0,
      () =>
        `${sum} ${over(` ORDER BY ${g.random.pick(small).sql}`, ` RANGE ${g.random.pick(bounds)}${exclude(g)}`)}`,
    ],
    [named ? 2 : 0, () => `${sum} OVER ${named}`],
    [ordered ? 3 : 0, () => `${g.random.pick(['row_number()', 'ntile(3)'])} ${over(total)}`],
    [ordered ? 2 : 0, () => `${g.random.pick(['lag', 'lead'])}(${shown}, 1) ${over(total)}`],
    [ordered ? 2 : 0, () => `${g.random.pick(['first_value', 'last_value'])}(${shown}) ${over(total)}`],
    [ordered ? 1 : 0, () => `nth_value(${shown}, 2) ${over(total)}`],
    [ordered ? 2 : 0, () => `${sum} ${over(total, ` ROWS ${g.random.pick(bounds)}${exclude(g)}`)}`],
  ])();
}

/** Rows with one or two window functions beside them, their partitions shared or not, one perhaps named. */
export function windows(g: Grammar, from: From, named = false): Core {
  g.use('window');
  const base = rows(g, from, true);
  const scope = clean(from.operands);
  const name = g.random.chance(0.2) ? g.name('w') : null;
  if (name) g.use('named window');
  const calls = g.random.times(g.random.between(1, 2), () =>
    output(g, call(windowCall(g, scope, from.keys ?? [], name)), named),
  );
  const definition = name ? ` WINDOW ${name} AS (PARTITION BY ${g.random.pick(scope).sql})` : '';
  return { ...base, select: [...base.select, ...calls], tail: base.tail + definition };
}

/** A window over groups: partitions and orders are group columns and aggregates. */
export function windowsOverGroups(g: Grammar, from: From): Core {
  g.use('window over aggregate');
  const base = groups(g, from, true, true);
  const order = g.random.pick(['count(*)', 'count(*) DESC']);
  const sql = g.random.pick([
    `rank() OVER (ORDER BY ${order})`,
    'sum(count(*)) OVER ()',
    `dense_rank() OVER (ORDER BY ${order})`,
  ]);
  return { ...base, select: [...base.select, output(g, call(sql), true)] };
}

/** Shown, never reused: the sum of a window over nothing is NULL, that of one is an integer. */
const call = (sql: string): Omit<Operand, 'name'> => ({
  sql,
  tag: 'exact',
  clean: false,
  affinity: 'blob',
  collation: 'BINARY',
  flavour: 'any',
});

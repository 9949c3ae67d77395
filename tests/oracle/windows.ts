import { type Core, type From, groupKey, groups, output, rows } from './cores.ts';
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
  partition: string,
  named: string | null,
): string {
  const small = scope.filter((o) => o.flavour === 'small');
  const use = (name: string, text = `${name}()`): string => {
    g.use(name);
    return text;
  };
  const count = (): string => use('count over', 'count(*)');
  const average = (): string => use('avg over', `avg(${g.random.pick(small).sql})`);
  const total = (): string => use('sum over', `sum(${g.random.pick(small).sql})`);
  const sum = (): string => (small.length === 0 ? count() : g.random.pick([total, total, average, count])());
  if (!partition) g.use('window without partition');
  const down = g.random.chance(0.3) ? ' DESC' : '';
  const peers = ` ORDER BY ${g.random.pick(scope).sql}${down}${g.random.pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}`;
  const position = `${peers}, ${keys.map((key) => key.sql + down).join(', ')}`;
  const shown = g.random.pick(scope).sql;
  const filter = g.random.chance(0.15) ? ` FILTER (WHERE ${predicate(g, scope, 0)})` : '';
  const over = (order: string, frame = ''): string => `OVER (${partition}${order}${frame})`;
  const frame = (unit: 'ROWS' | 'RANGE' | 'GROUPS', bound: string): string => {
    g.use(`${unit} frame`);
    return ` ${unit} ${bound}${exclude(g)}`;
  };
  const ordered = keys.length > 0;
  const ranks = ['rank', 'rank', 'dense_rank', 'dense_rank', 'percent_rank', 'cume_dist'] as const;
  return g.random.weighted<() => string>([
    [4, () => `${use(g.random.pick(ranks))} ${over(peers)}`],
    [3, () => `${sum()}${filter} ${over('')}`],
    [2, () => `${sum()} ${over(peers)}`],
    [2, () => `${sum()} ${over(peers, frame(g.random.pick(['RANGE', 'GROUPS']), bounds[0]))}`],
    [1, () => `${sum()} ${over(peers, frame('GROUPS', g.random.pick(bounds)))}`],
    [
      small.length > 0 ? 1 : 0,
      () =>
        `${sum()} ${over(` ORDER BY ${g.random.pick(small).sql}`, frame('RANGE', g.random.pick(bounds)))}`,
    ],
    [named ? 2 : 0, () => `${sum()} OVER ${named}`],
    [ordered ? 3 : 0, () => `${use('row_number')} ${over(position)}`],
    [ordered ? 0.5 : 0, () => `ntile(3) ${over(position)}`],
    [
      ordered ? 3 : 0,
      () => {
        const name = g.random.pick(['lag', 'lead'] as const);
        return `${use(name, `${name}(${shown}, ${g.random.between(1, 2)})`)} ${over(position)}`;
      },
    ],
    [ordered ? 1.5 : 0, () => `${use('first_value', `first_value(${shown})`)} ${over(position)}`],
    [ordered ? 1 : 0, () => `last_value(${shown}) ${over(position)}`],
    [ordered ? 0.7 : 0, () => `nth_value(${shown}, 2) ${over(position)}`],
    [ordered ? 2 : 0, () => `${sum()} ${over(position, frame('ROWS', g.random.pick(bounds)))}`],
  ])();
}

/** Rows with one to three window functions beside them, their partitions shared or not, one perhaps named. */
export function windows(g: Grammar, from: From, named = false): Core {
  g.use('window');
  const base = rows(g, from, true);
  const scope = clean(from.operands);
  const list = (): string =>
    `PARTITION BY ${g.random
      .some(scope, 1, 2)
      .map((o) => g.decides(o).sql)
      .join(', ')}`;
  const partitions = g.random.weighted<() => string[]>([
    [4, () => [list()]],
    [2, () => [list(), list()]],
    [1, () => ['']],
    [1, () => [list(), '']],
  ])();
  const calls = g.random.between(partitions.length, 3);
  if (calls > 1) {
    g.use(partitions.length > 1 ? 'windows with two partitions' : 'windows with a common partition');
  }
  const name = g.random.chance(0.2) ? g.name('w') : null;
  if (name) g.use('named window');
  const outputs = g.random.times(calls, (i) => {
    const partition = partitions[i % partitions.length] as string;
    return output(g, call(windowCall(g, scope, from.keys ?? [], partition, name)), named);
  });
  const definition = name ? ` WINDOW ${name} AS (PARTITION BY ${g.random.pick(scope).sql})` : '';
  return { ...base, select: [...base.select, ...outputs], tail: base.tail + definition };
}

/** A window over groups: partitions and orders are group columns and aggregates. */
export function windowsOverGroups(g: Grammar, from: From): Core {
  g.use('window over aggregate');
  const scope = clean(from.operands);
  const terms = g.random.times(g.random.between(1, 2), () => groupKey(g, scope));
  const base = groups(g, from, true, true, terms);
  const order = g.random.pick(['count(*)', 'count(*) DESC']);
  // By a term the groups can be followed partition by partition; by an aggregate they can't.
  const partition = g.random.pick([
    '',
    `PARTITION BY ${g.random.pick(terms).sql} `,
    'PARTITION BY count(*) ',
  ]);
  const sql = g.random.pick([
    `rank() OVER (${partition}ORDER BY ${order})`,
    `sum(count(*)) OVER (${partition})`,
    `dense_rank() OVER (${partition}ORDER BY ${order})`,
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

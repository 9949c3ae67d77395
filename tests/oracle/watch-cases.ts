import type { RangeBounds } from '../../core/watches/range.ts';
import type { Catalog } from './grammar.ts';
import { quoted } from './names.ts';
import type { Query } from './queries.ts';
import type { Random } from './random.ts';
import { type Table, valueFor } from './schema.ts';

/** A watch that a case keeps: of tables, of the rows between two bounds, of a query's tables. */
export type WatchCase =
  | { readonly kind: 'tables'; readonly tables: readonly string[] }
  | {
      readonly kind: 'range';
      readonly table: string;
      readonly bounds: RangeBounds;
      /** The rows inside, as SQLite compares. */
      readonly inside: string;
    }
  | { readonly kind: 'query'; readonly query: Query };

export function makeWatches(random: Random, catalog: Catalog, queries: readonly Query[]): WatchCase[] {
  const real = catalog.tables.filter(({ home }) => home === undefined);
  const special = real.filter((table) => table.isSpecial);
  const tables = special.length > 0 && random.chance(0.6) ? special : real;
  const fixed = queries.filter(
    ({ unlimited, tags, features }) =>
      !unlimited && Object.keys(tags).length === 0 && !features.includes('view'),
  );
  return random.times(random.between(0, 3), () =>
    random.weighted<() => WatchCase>([
      [3, () => ({ kind: 'tables', tables: random.some(tables, 1, 2).map(({ name }) => name) })],
      [3, () => makeRange(random, random.pick(tables))],
      [fixed.length > 0 ? 1 : 0, () => ({ kind: 'query', query: random.pick(fixed) })],
    ])(),
  );
}

type Bound = 'lower' | 'upper';

function makeRange(random: Random, table: Table): WatchCase {
  const columns = table.columns.filter((c) => c.flavour !== 'json' && c.flavour !== 'any');
  const ranged = random.pick(columns);
  const sides = random.pick<readonly Bound[]>([['lower'], ['upper'], ['lower', 'upper'], ['lower', 'upper']]);
  let bounds: RangeBounds = { column: ranged.name };
  const conditions = sides.flatMap((side) => {
    const { sql, value } = valueFor(random, ranged);
    if (value === null || value === undefined || typeof value === 'boolean' || value instanceof Date)
      return [];
    const inclusive = random.chance(0.7);
    bounds = { ...bounds, [side]: value, [`${side}Inclusive`]: inclusive };
    return [`${quoted(ranged.name)} ${side === 'lower' ? '>' : '<'}${inclusive ? '=' : ''} ${sql}`];
  });
  const where = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return {
    kind: 'range',
    table: table.name,
    bounds,
    inside: `SELECT * FROM main.${quoted(table.name)}${where}`,
  };
}

import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { Site } from '../plan/sites.ts';
import type { Entry } from './entry.ts';
import type { NetChange } from './net-changes.ts';

/** The changes that concern one block, by the place where the changed rows come in. */
export type SiteChanges = ReadonlyMap<Site, readonly NetChange[]>;

/** Runs a statement of a block with the query's parameters and further values behind them. */
export type Run = (sql: string, more: readonly DriverValue[]) => DriverRow[];

/** Entries that may have changed, and the rows that now stand for them. */
export interface BlockDelta {
  readonly removed: ReadonlySet<Entry>;
  readonly rows: readonly DriverRow[];
}

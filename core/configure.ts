import type { DriverConnection } from './drivers/driver.ts';
import type { EffectiveConfig } from './open-options.ts';

const synchronous = { none: 0, normal: 1, full: 2 } as const;

/** Settings of a fresh connection. Only a new file is written: it gets WAL; an existing one keeps its journal. */
export function configure(connection: DriverConnection, config: EffectiveConfig): void {
  connection.exec('PRAGMA foreign_keys = ON');
  if (config.isNewFile) connection.exec('PRAGMA journal_mode = WAL');
  const journal = connection.prepare('PRAGMA main.journal_mode').get([])?.[0];
  // NORMAL is crash-safe in WAL only, so a rollback journal keeps SQLite's FULL unless asked otherwise.
  const sync = config.sync ?? (journal === 'wal' ? 'normal' : undefined);
  if (sync !== undefined) connection.exec(`PRAGMA synchronous = ${synchronous[sync]}`);
}

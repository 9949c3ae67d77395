import { readOptions, requireText, texts } from '../core/arguments.ts';
import type { ReactiveMetrics } from '../core/commit/hub.ts';
import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import type { Params } from '../core/values.ts';
import type { LiveQueryInfo, SlowQuery } from '../reactive/inspect/inspection.ts';
import { inspect } from '../reactive/inspect.ts';
import type { LiveExplain } from '../reactive/live-explain.ts';
import { ChangeFeed, type StreamEntry } from './change-feed.ts';
import { formatParams, formatTime, shortSql } from './format.ts';

/** What `consoleApi` takes beside the database. */
export interface ConsoleApiOptions {
  /** The object's name: `freshet` by default. */
  readonly name?: string;
  /** From how many milliseconds on a live query is slow: 16 by default. */
  readonly slowMs?: number;
}

/** What is there in the console. What it prints, it returns as well. */
export interface ConsoleApi {
  /** The open live queries, as a table. */
  queries(): Promise<readonly LiveQueryInfo[]>;
  /** How a query is kept fresh, or would be. */
  explain(sql: string, params?: Params): Promise<LiveExplain>;
  /** Prints commits as they come, until the result is called. */
  stream(options?: { readonly tables?: readonly string[] }): () => void;
  /** Live queries that took long, as a table. */
  slow(): Promise<readonly SlowQuery[]>;
  /** Counters of everything reactive, as a table. */
  metrics(): Promise<ReactiveMetrics>;
}

const intervalMs = 250;

/**
 * Puts an object for the console into the global scope. It measures from now on; the result takes the object away,
 * ends its streams, and brings back what had its name before.
 * @throws InterfaceError on a closed database of this thread.
 */
export function consoleApi(db: DatabaseSync | Database, options?: ConsoleApiOptions): () => void {
  const { name = 'freshet', slowMs = 16 } = readOptions(options, 'options', ['name', 'slowMs']);
  requireText(name, 'name');
  const inspector = inspect(db, { slowMs });
  const feeds = new Set<ChangeFeed>();
  const api: ConsoleApi = {
    async queries() {
      const queries = await inspector.queries();
      console.table(queries.map(queryLine));
      return queries;
    },
    async explain(sql, params) {
      const explain = await inspector.explain(sql, params);
      console.log(String(explain));
      return explain;
    },
    stream(options) {
      const { tables } = readOptions(options, 'options', ['tables']);
      if (tables !== undefined) texts(tables, 'tables');
      const onEntries = (entries: readonly StreamEntry[]): void => entries.forEach(print);
      const feed = new ChangeFeed(db, { intervalMs, onEntries, ...(tables && { tables }) });
      feeds.add(feed);
      return () => {
        feeds.delete(feed);
        feed.stop();
      };
    },
    async slow() {
      const slow = await inspector.slow();
      console.table(slow.map(slowLine));
      return slow;
    },
    async metrics() {
      const metrics = await inspector.metrics();
      console.table(metrics);
      return metrics;
    },
  };
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, {
    value: api,
    configurable: true,
    enumerable: true,
    writable: true,
  });
  return () => {
    for (const feed of feeds) feed.stop();
    inspector.close();
    // Whoever has taken the name meanwhile keeps it.
    if ((globalThis as Record<string, unknown>)[name] !== api) return;
    if (before) Object.defineProperty(globalThis, name, before);
    else Reflect.deleteProperty(globalThis, name);
  };
}

function queryLine({ sql, params, tier, rows, visits, subscribers, lastCommitMs, totalMs }: LiveQueryInfo) {
  return {
    sql: shortSql(sql),
    params: formatParams(params),
    tier,
    rows,
    visits,
    subscribers,
    'last ms': rounded(lastCommitMs),
    'total ms': rounded(totalMs),
  };
}

function slowLine({ sql, params, during, ms, at, lsn }: SlowQuery) {
  return {
    at: formatTime(at),
    ms: rounded(ms),
    during,
    sql: shortSql(sql),
    params: formatParams(params),
    lsn,
  };
}

function print(entry: StreamEntry): void {
  if (entry.kind === 'gap') {
    console.warn(entry.text);
    return;
  }
  const { commit_lsn, table_changes, row_changes } = entry.event;
  const tables = table_changes.map(
    ({ table, row_change_count, wide }) => `${table} (${wide ? '?' : row_change_count})`,
  );
  console.groupCollapsed(`${formatTime(entry.at)} #${commit_lsn} ${tables.join(', ')}`);
  if (row_changes.length > 0) {
    console.table(
      row_changes.map(({ table, operation, before, after }) => ({ operation, table, before, after })),
    );
  }
  console.groupEnd();
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

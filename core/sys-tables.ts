import { parseStmt, traverse } from 'sqlite3-parser';
import type { ReactiveMetrics } from './commit/hub.ts';
import { ProgrammingError } from './errors.ts';
import { quoteName } from './sql/identifier.ts';
import type { SubscriptionInfo } from './watches/watch.ts';

/** The tables of the schema `sys`, as they are now. */
export interface SysTables {
  readonly reactive_metrics: readonly ReactiveMetrics[];
  readonly reactive_subscriptions: readonly SubscriptionInfo[];
}

const columns: Readonly<Record<keyof SysTables, readonly string[]>> = {
  reactive_metrics: [
    'active_watch_count',
    'table_watch_count',
    'range_watch_count',
    'query_watch_count',
    'change_stream_count',
    'events_published',
    'events_delivered',
    'events_dropped',
    'lagged_watch_count',
    'row_change_events_truncated',
    'live_incremental_count',
    'live_reevaluated_count',
    'live_state_rows',
    'live_visits',
    'live_restricted_reevaluations',
    'live_full_reevaluations',
  ],
  reactive_subscriptions: [
    'watch_id',
    'kind',
    'created_at_micros',
    'queue_capacity',
    'queue_depth',
    'last_delivered_event_id',
    'dropped_events',
    'lagged',
    'dependencies_json',
  ],
};

/**
 * The query with each `sys.` table replaced by its present rows. They are read in the user's own SQL, so
 * they join, filter and sort as any table does, in a read-only file too.
 */
export function spliceSysTables(sql: string, tables: SysTables): string {
  const parsed = parseStmt(sql, { allowTrailing: true });
  if (parsed.status === 'error') return sql;
  const edits: { readonly from: number; readonly to: number; readonly text: string }[] = [];
  traverse(parsed.root, {
    nodes: {
      TableSelectTable({ tblName, alias }) {
        if (tblName.dbName?.text.toLowerCase() !== 'sys') return;
        const name = tblName.objName.text.toLowerCase();
        if (!isSysTable(name)) {
          throw new ProgrammingError(`no such table: sys.${name}`, {
            code: 'SQL',
            subcode: 'sql.relation_not_found',
            sqlstate: '42P01',
          });
        }
        edits.push({
          from: tblName.dbName.span.offset,
          to: tblName.objName.span.offset + tblName.objName.span.length,
          text: `(${select(columns[name], tables[name])})${alias ? '' : ` AS ${quoteName(name)}`}`,
        });
      },
    },
  });
  return edits.reduceRight(
    (text, { from, to, text: rows }) => text.slice(0, from) + rows + text.slice(to),
    sql,
  );
}

function isSysTable(name: string): name is keyof SysTables {
  return Object.hasOwn(columns, name);
}

function select(names: readonly string[], rows: readonly object[]): string {
  const list = (values: readonly string[]): string =>
    names.map((name, at) => `${values[at]} AS ${quoteName(name)}`).join(', ');
  if (rows.length === 0) return `SELECT ${list(names.map(() => 'NULL'))} WHERE 0`;
  return rows
    .map((row) => `SELECT ${list(names.map((name) => literal((row as Record<string, unknown>)[name])))}`)
    .join(' UNION ALL ');
}

function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return typeof value === 'boolean' ? String(Number(value)) : String(value);
}

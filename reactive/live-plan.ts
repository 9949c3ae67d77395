import type { DriverParams, DriverValue } from '../core/drivers/driver.ts';
import type { Engine } from '../core/engine.ts';
import { ProgrammingError } from '../core/errors.ts';
import type { ParameterPlan } from '../core/parameters.ts';
import { displayName, nameOf } from '../core/sql/access.ts';
import { dependenciesOf } from '../core/sql/dependencies.ts';
import { explainPlan } from './explain-plan.ts';
import type { LiveExplain } from './live-explain.ts';
import type { ClockColumns } from './maintain/clock-columns.ts';
import { hasOddLimit } from './maintain/read-window.ts';
import { fitsLimits } from './plan/fits.ts';
import { planQuery } from './plan/plan-query.ts';
import type { QueryPlan } from './plan/query-plan.ts';
import { Statements } from './plan/statements.ts';
import { mayReadClock } from './query/clock.ts';
import { type ClockSources, Unresolved } from './query/model.ts';
import { type ParsedQuery, parseQuery } from './query/parsed-query.ts';
import { resolveQuery } from './query/resolve.ts';
import { querySchema } from './query/schema.ts';
import { hasOuterOrder, type KeyCatalog, planRowKeys, type RowKeyPlan } from './row-keys.ts';

/** How a query is kept up to date; shared by all its parameters, made anew when the schema changes. */
export interface LivePlan {
  readonly generation: number;
  readonly columns: readonly string[];
  /** What is run where nothing better is known. */
  readonly keyed: () => Keyed;
  /** The query says in which order its rows come. */
  readonly ordered: boolean;
  /** The tables whose commits can change the answer, views and subqueries included. */
  readonly tables: ReadonlySet<string>;
  /** Something that no list of tables covers, such as `sqlite_sequence`: any commit can change the answer. */
  readonly readsEverything: boolean;
  /** How its answer follows changes; null: it is read anew. */
  readonly incremental: IncrementalPlan | null;
  readonly explain: () => LiveExplain;
}

/** The user's text, with hidden key columns where it has row keys. */
export interface Keyed {
  readonly sql: string;
  /** How many key columns follow the user's; null: a row's content is its key. */
  readonly hidden: number | null;
  readonly rowKey: string;
}

export interface IncrementalPlan {
  readonly query: QueryPlan;
  readonly statements: Statements;
  /** The user's parameters, by number in the plan's statements: a place, or a name. */
  readonly parameters: readonly (string | number)[];
  /** What must hold no text by which date functions read the clock. */
  readonly clock: ClockSources;
}

/** What plans get from those who run them. */
export interface PlanningParts {
  /** A name for one more TEMP table. */
  readonly nextTable: () => string;
  /** Called before a plan's statement reads. */
  readonly beforeRead: () => void;
  readonly clock: Pick<ClockColumns, 'areClean'>;
}

// Functions whose rows depend on their arguments alone.
const pureTableFunctions = new Set(['json_each', 'json_tree', 'jsonb_each', 'jsonb_tree', 'generate_series']);

/** @throws ProgrammingError for anything but a SELECT, and for one that SQLite refuses. */
export function planLive(engine: Engine, sql: string, parts: PlanningParts): LivePlan {
  const original = engine.compile(sql);
  if (original.plan.kind !== 'select') {
    throw new ProgrammingError('A live query takes a SELECT. Use execute() for statements that write.', {
      code: 'SQL',
      subcode: 'sql.not_a_select',
    });
  }
  const parsed = parseQuery(sql);
  const { tables, unknown } = dependenciesOf(original, engine.catalog, parsed.root);
  const readsEverything =
    original.plan.sys ||
    unknown.some((name) => !pureTableFunctions.has(name)) ||
    tables.some((key) => /^sqlite_/i.test(nameOf(key)) || engine.catalog.byKey(key)?.kind === 'shadow');
  const columns = original.columns;
  const ordered = hasOuterOrder(sql, parsed.select);
  let known: Keyed | undefined;
  const keyed = (): Keyed => {
    // A plan that follows its tables needs none.
    known ??= withKeys(engine, sql, columns.length, planRowKeys(sql, keyCatalog(engine), parsed.select));
    return known;
  };
  const { incremental, reason } = planIncremental(
    engine,
    parsed,
    original.plan.parameters,
    readsEverything ? null : tables,
    parts,
  );
  return {
    generation: engine.schemaGeneration,
    columns,
    keyed,
    ordered,
    tables: new Set(tables),
    readsEverything,
    incremental,
    explain: () => ({
      tier: incremental ? 'incremental' : 're-evaluated',
      ...(reason !== undefined && {
        reason:
          tables.length === 0 && !readsEverything
            ? 'it reads no table: it is run when the schema changes'
            : `${reason}: ${runsAgain}`,
      }),
      tables: tables.map(displayName).sort(),
      rowKey: keyed().rowKey,
      order: ordered ? 'as the query says' : 'open: rows keep their place',
    }),
  };
}

function planIncremental(
  engine: Engine,
  parsed: ParsedQuery,
  parameters: ParameterPlan,
  tables: readonly string[] | null,
  { nextTable, beforeRead, clock }: PlanningParts,
): { incremental: IncrementalPlan | null; reason?: string } {
  try {
    if (!tables) throw new Unresolved('it reads a table whose changes nobody tells');
    // A SQLite that knows UTF-8 alone doesn't say so.
    if ((engine.connection.prepare('PRAGMA encoding').get([])?.[0] ?? 'UTF-8') !== 'UTF-8')
      throw new Unresolved('texts are kept in UTF-16');
    const resolved = resolveQuery(parsed, parameters, querySchema(engine));
    if (!clock.areClean(resolved.clock.columns)) throw new Unresolved('a time in it is read from the clock');
    const query = planQuery(resolved.select, {
      query: resolved,
      parameters: resolved.parameters.length,
      nextTable,
    });
    const followed = new Set(followedTables(query));
    const missed = tables.find((table) => !followed.has(table));
    if (missed !== undefined)
      throw new Unresolved(`it reads ${displayName(missed)} where that is not followed`);
    const statements = new Statements(engine, resolved.parameters.length, beforeRead);
    if (!fitsLimits(query)) throw new Unresolved(tooLarge);
    return {
      incremental: { query, statements, parameters: resolved.parameters, clock: resolved.clock },
    };
  } catch (error) {
    if (error instanceof Unresolved) return { incremental: null, reason: error.message };
    throw error;
  }
}

const tooLarge = 'the statements that would follow it pass a limit of SQLite';
const runsAgain = 'a commit that changes one of its tables runs it again';

/** The same query, run again whenever a table changes: SQLite doesn't take the plan's own statements. */
export function withoutIncremental(plan: LivePlan): LivePlan {
  const reason = `${tooLarge}: ${runsAgain}`;
  const explain = (): LiveExplain => ({ ...plan.explain(), tier: 're-evaluated', reason });
  return { ...plan, incremental: null, explain };
}

/** The parameters by their numbers in the plan's statements. */
export function valuesOf({ incremental }: LivePlan, bound: DriverParams): DriverValue[] {
  const values = bound as Readonly<Record<string | number, DriverValue>>;
  return (incremental?.parameters ?? []).map((name) => values[name] ?? null);
}

/** A parameter has a date function read the clock, as 'now' does. */
export function readsClock({ incremental }: LivePlan, values: readonly DriverValue[]): boolean {
  return incremental?.clock.parameters.some((number) => mayReadClock(values[number - 1])) ?? false;
}

/** What a plan does with these parameters. */
export function explainLive(plan: LivePlan, bound: DriverParams): LiveExplain {
  if (!plan.incremental) return plan.explain();
  const { query, statements } = plan.incremental;
  const values = valuesOf(plan, bound);
  const again = (reason: string): LiveExplain => ({
    ...plan.explain(),
    tier: 're-evaluated',
    reason: `${reason}: ${runsAgain}`,
  });
  if (readsClock(plan, values)) return again('a time in it is read from the clock');
  if (hasOddLimit(query, (sql, more) => statements.all(sql, [...values, ...more])))
    return again('a LIMIT or OFFSET is no integer');
  return { ...plan.explain(), plan: explainPlan(query, plan.columns, values) };
}

/** Every table whose rows come in somewhere. */
function followedTables(query: QueryPlan): string[] {
  const own = query.blocks.flatMap(({ sites }) =>
    sites.flatMap(({ site }) => (site.source.kind === 'table' ? [site.source.table.name] : [])),
  );
  return [...own, ...query.children.flatMap((child) => followedTables(child.plan))];
}

/** The text with its keys, if SQLite accepts it and it returns what it should; else the text as it is. */
function withKeys(engine: Engine, sql: string, columns: number, plan: RowKeyPlan): Keyed {
  if (plan.kind === 'single') return { sql, hidden: 0, rowKey: 'none needed: there is one row at most' };
  if (plan.kind === 'content') return { sql, hidden: null, rowKey: `row content (${plan.reason})` };
  try {
    if (engine.compile(plan.sql).columns.length === columns + plan.hidden) {
      const rowKey = plan.kind === 'row' ? 'the row keys of its tables' : 'the group';
      return { sql: plan.sql, hidden: plan.hidden, rowKey };
    }
  } catch {
    // Content serves every query; a key only makes its deltas finer.
  }
  return { sql, hidden: null, rowKey: 'row content (the query takes no further columns)' };
}

function keyCatalog(engine: Engine): KeyCatalog {
  const aggregates = new Map<string, ReadonlySet<number>>();
  const catalog = engine.connection
    .prepare("SELECT name, narg FROM pragma_function_list WHERE type IN ('a', 'w')")
    .all([]);
  for (const [name, count] of catalog) {
    const key = String(name).toLowerCase();
    aggregates.set(key, new Set([...(aggregates.get(key) ?? []), Number(count)]));
  }
  return {
    table(schema, name) {
      const info =
        schema === undefined
          ? (engine.catalog.table(name, 'temp') ?? engine.catalog.table(name))
          : engine.catalog.table(name, schema);
      if (info?.kind !== 'table') return undefined;
      return {
        name: info.name,
        rowid: info.rowid,
        primaryKey: info.withoutRowid ? info.primaryKey : [],
        columns: info.columns.map((column) => column.name),
      };
    },
    isAggregate(name, count) {
      const counts = aggregates.get(name.toLowerCase());
      if (!counts) return false;
      // With several arguments min and max are plain functions.
      if (name.toLowerCase() === 'min' || name.toLowerCase() === 'max') return count === 1;
      return counts.has(count) || counts.has(-1);
    },
  };
}

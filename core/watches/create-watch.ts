import { readOptions, requireText, shown, textList, texts } from '../arguments.ts';
import type { Engine } from '../engine.ts';
import { InterfaceError, ProgrammingError } from '../errors.ts';
import { bindParameters } from '../parameters.ts';
import { narrowers } from '../rows.ts';
import { dependenciesOf, sourcesOf } from '../sql/dependencies.ts';
import { planStatement } from '../sql/statement-plan.ts';
import type { Statement } from '../statement.ts';
import { takeParams } from '../take-params.ts';
import type { Params, SqlValue } from '../values.ts';
import type { InitialEvent } from './events.ts';
import { makeRange, type RangeBounds } from './range.ts';
import { takeBounds } from './take-bounds.ts';
import { Watch, type WatchOptions } from './watch.ts';
import { changeStreamSpec, rangeSpec, tablesSpec, type WatchSpec } from './watch-spec.ts';

/** @throws ProgrammingError for an empty list, or a table that can't be watched. */
export function watchTable(
  engine: Engine,
  tables: string | readonly string[],
  options?: WatchOptions,
): Watch {
  const names = textList(tables, 'tables');
  if (names.length === 0) throw watchError('watch table list must not be empty', 'watch.no_table');
  // What a full-text table takes its texts from changes it, too.
  const followed = [...watchable(engine, names)].flatMap((name) =>
    sourcesOf(name, engine.catalog).filter((table) => isFollowable(engine, table)),
  );
  return open(engine, tablesSpec('table', new Set(followed)), options);
}

/** @throws ProgrammingError for an unknown table or column, or a table without a key to range over. */
export function watchRange(engine: Engine, table: string, range: RangeBounds, options?: WatchOptions): Watch {
  requireText(table, 'table');
  const { lower, upper, ...rest } = takeBounds(range);
  // They bind as parameters do, so that what can't be bound is refused here too.
  const bound = bindParameters({ style: 'positional', count: 2 }, [lower ?? null, upper ?? null]);
  const [least, most] = (bound as readonly SqlValue[]).map(narrowers.auto);
  const bounds = { ...rest, lower: least ?? null, upper: most ?? null };
  const [name = ''] = watchable(engine, [table]);
  const info = engine.catalog.table(name);
  if (!info) throw unknownTable(table);
  // A database in UTF-16 orders texts by its own bytes.
  const isUtf8 = engine.connection.prepare('PRAGMA encoding').get([])?.[0] === 'UTF-8';
  return open(engine, rangeSpec(info.name, makeRange(info, bounds, isUtf8)), options);
}

/** @throws ProgrammingError for anything but a SELECT whose tables are known and watchable. */
export function watchQuery(
  engine: Engine,
  sql: string,
  given: Params | undefined,
  options?: WatchOptions,
): Watch {
  const params = takeParams(given);
  if (planStatement(sql).kind !== 'select') {
    throw watchError('query subscriptions require a read-only SELECT', 'watch.not_a_select');
  }
  const statement = engine.compile(sql);
  bindParameters(statement.plan.parameters, params);
  return open(engine, tablesSpec('query', followable(engine, statement)), options, () => {
    const rows = engine.all(engine.current(statement), params);
    const narrow = narrowers[engine.config.intMode];
    return { columns: statement.columns, rows: rows.map((row) => row.map(narrow)) };
  });
}

export function changeStream(
  engine: Engine,
  given?: WatchOptions & { readonly tables?: readonly string[] },
): Watch {
  engine.assertOpen('watch');
  const { tables = [], ...options } = readOptions(given, 'options', ['tables', 'queueCapacity']);
  const names = texts(tables, 'tables');
  return open(engine, changeStreamSpec(names.length === 0 ? null : watchable(engine, names)), options);
}

/**
 * Registers first and reads then, so that no commit falls between. Inside a transaction both wait for its
 * end: what it has written may yet be rolled back.
 */
function open(
  engine: Engine,
  spec: WatchSpec,
  given: WatchOptions | undefined,
  read: () => Pick<InitialEvent, 'columns' | 'rows'> = () => ({}),
): Watch {
  const options = readOptions(given, 'options', ['queueCapacity']);
  const { queueCapacity } = options;
  if (queueCapacity !== undefined && !Number.isFinite(queueCapacity)) {
    throw new InterfaceError(`queueCapacity is ${shown(queueCapacity)}: it must be a number of events.`, {
      code: 'CONFIG',
      subcode: 'config.option',
    });
  }
  const { hub } = engine;
  const forget = engine.onClose(() => watch.close());
  const watch = new Watch(hub.allocateWatchId(), spec, options, Date.now() * 1000, () => {
    forget();
    hub.removeWatch(watch);
  });
  let isCreating = true;
  engine.whenIdle(() => {
    if (watch.isClosed) return;
    hub.addWatch(watch);
    try {
      const result = read();
      watch.start({
        schema_version: 1,
        type: 'initial',
        watch_id: watch.id,
        snapshot_lsn: hub.lastLsn,
        schema_cookie: engine.schemaCookie,
        ...result,
      });
    } catch (error) {
      watch.close();
      // The transaction it waited for has taken its table back: its reader gets `closed`, and the rollback,
      // which did what it was asked to, succeeds.
      if (isCreating) throw error;
    }
  });
  isCreating = false;
  return watch;
}

function watchable(engine: Engine, names: readonly string[]): Set<string> {
  engine.assertOpen('watch');
  return new Set(
    names.map((name) => {
      const info = engine.catalog.table(name);
      if (engine.catalog.table(name, 'temp') || isInternal(name)) {
        throw watchError(`table ${name} is not watchable`, 'watch.not_watchable', name);
      }
      if (!info) throw unknownTable(name);
      if (info.kind === 'view' || info.kind === 'shadow') {
        throw watchError(`table ${name} is not watchable`, 'watch.not_watchable', name);
      }
      return info.name;
    }),
  );
}

/** The tables behind a query, when SQLite names them all. */
function followable(engine: Engine, statement: Statement): Set<string> {
  const { plan, access } = statement;
  const { tables, unknown } = dependenciesOf(statement, engine.catalog);
  if (
    plan.sys ||
    access.recursive ||
    unknown.length > 0 ||
    tables.some((table) => !isFollowable(engine, table))
  ) {
    throw watchError('query dependencies are not watchable for this SELECT', 'watch.opaque');
  }
  if (tables.length === 0) {
    throw watchError('query subscription has no watchable table dependencies', 'watch.no_dependency');
  }
  return new Set(tables);
}

/** Tables of `temp` and of attached databases are no part of this database's commits. */
function isFollowable(engine: Engine, table: string): boolean {
  return !isInternal(table) && engine.catalog.table(table)?.name === table;
}

function isInternal(name: string): boolean {
  return /^sqlite_/i.test(name);
}

function unknownTable(name: string): ProgrammingError {
  return watchError(`unknown watch table ${name}`, 'watch.unknown_table', name);
}

function watchError(message: string, subcode: string, table?: string): ProgrammingError {
  return new ProgrammingError(message, { code: 'WATCH', subcode, table });
}

import { readOptions, requireText, shown, textList, texts } from '../arguments.ts';
import type { ChangesetRecord } from '../commit/changeset-record.ts';
import type { Engine } from '../engine.ts';
import { FreshetError, InterfaceError, ProgrammingError } from '../errors.ts';
import { bindParameters } from '../parameters.ts';
import { narrowers } from '../rows.ts';
import { dependenciesOf, sourcesOf } from '../sql/dependencies.ts';
import { foldName } from '../sql/identifier.ts';
import { planStatement } from '../sql/statement-plan.ts';
import type { Statement } from '../statement.ts';
import { takeParams } from '../take-params.ts';
import type { Params, SqlValue } from '../values.ts';
import type { InitialEvent } from './events.ts';
import { makeRange, type RangeBounds } from './range.ts';
import { takeBounds } from './take-bounds.ts';
import { Watch, type WatchOptions } from './watch.ts';
import { changeStreamSpec, doubtfulSpec, rangeSpec, tablesSpec, type WatchSpec } from './watch-spec.ts';

/** @throws ProgrammingError for an empty list, or a table that can't be watched. */
export function watchTable(
  engine: Engine,
  tables: string | readonly string[],
  options?: WatchOptions,
): Watch {
  const names = textList(tables, 'tables');
  if (names.length === 0) throw watchError('watch table list must not be empty', 'watch.no_table');
  let followed = watchable(engine, names);
  // What a full-text table takes its texts from changes it, too.
  const withSources = (): Set<string> =>
    new Set(
      [...followed].flatMap((name) =>
        sourcesOf(name, engine.catalog).filter((table) => isFollowable(engine, table)),
      ),
    );
  return open(engine, tablesSpec('table', withSources()), options, undefined, ({ renamed }) => {
    followed = present(engine, followed, renamed);
    return tablesSpec('table', withSources());
  });
}

/** @throws ProgrammingError for an unknown table or column, or a table without a key to range over. */
export function watchRange(engine: Engine, table: string, range: RangeBounds, options?: WatchOptions): Watch {
  requireText(table, 'table');
  const { lower, upper, ...rest } = takeBounds(range);
  // They bind as parameters do, so that what can't be bound is refused here too.
  const bound = bindParameters({ style: 'positional', count: 2 }, [lower ?? null, upper ?? null]);
  const [least, most] = (bound as readonly SqlValue[]).map(narrowers.auto);
  const bounds = { ...rest, lower: least ?? null, upper: most ?? null };
  let followed = watchable(engine, [table]);
  // A database in UTF-16 orders texts by its own bytes.
  const isUtf8 = engine.connection.prepare('PRAGMA encoding').get([])?.[0] === 'UTF-8';
  const spec = (): WatchSpec => {
    const [name = ''] = followed;
    const info = engine.catalog.table(name);
    if (!info) throw unknownTable(table);
    return rangeSpec(info.name, makeRange(info, bounds, isUtf8));
  };
  return open(engine, spec(), options, undefined, ({ renamed }) => {
    followed = present(engine, followed, renamed);
    return spec();
  });
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
  engine.bind(statement.plan, params);
  const spec = () => tablesSpec('query', followable(engine, engine.current(statement)));
  const read = () => {
    const rows = engine.all(engine.current(statement), params);
    const narrow = narrowers[engine.config.intMode];
    return { columns: statement.columns, rows: rows.map((row) => row.map(narrow)) };
  };
  return open(engine, spec(), options, read, spec);
}

export function changeStream(
  engine: Engine,
  given?: WatchOptions & { readonly tables?: readonly string[] },
): Watch {
  engine.assertOpen('watch');
  const { tables = [], ...options } = readOptions(given, 'options', ['tables', 'queueCapacity']);
  const names = texts(tables, 'tables');
  if (names.length === 0) return open(engine, changeStreamSpec(null), options);
  let followed = watchable(engine, names);
  return open(engine, changeStreamSpec(followed), options, undefined, ({ renamed }) => {
    followed = present(engine, followed, renamed);
    return changeStreamSpec(followed);
  });
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
  follow?: (changeset: ChangesetRecord) => WatchSpec,
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
  if (follow) watch.onSchemaChange = (changeset) => followOn(engine, watch, () => follow(changeset));
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

/**
 * After a change of the schema: what the watch follows is looked up again, when no transaction is in the way. Where
 * that is not known yet, every commit is an event.
 */
function followOn(engine: Engine, watch: Watch, follow: () => WatchSpec): void {
  const { hub } = engine;
  if (engine.inTransaction) hub.changeWatch(watch, doubtfulSpec(watch.spec));
  engine.whenIdle(() => {
    if (watch.isClosed || engine.isClosed) return;
    try {
      hub.changeWatch(
        watch,
        engine.guard(() => follow()),
      );
    } catch (error) {
      if (error instanceof FreshetError && error.retryable) hub.changeWatch(watch, doubtfulSpec(watch.spec));
      else watch.end(reasonOf(engine, error));
    }
  });
}

/** Why nothing is left to follow; without SQL, for events may be logged. */
function reasonOf(engine: Engine, thrown: unknown): string {
  let error = thrown;
  try {
    engine.assertOpen('watch on');
  } catch (unusable) {
    error = unusable;
  }
  const said = error instanceof FreshetError && error.code === 'SQL' ? (error.cause ?? error) : error;
  return said instanceof Error ? said.message : String(said);
}

/**
 * The tables under the names that they have now. One that is missing is kept by its name: another may take it.
 * @throws ProgrammingError where none is left.
 */
function present(
  engine: Engine,
  names: ReadonlySet<string>,
  renamed: ReadonlyMap<string, string>,
): Set<string> {
  const found: string[] = [];
  const missing: string[] = [];
  for (const name of names) {
    const info = engine.catalog.table(name) ?? engine.catalog.table(renamed.get(foldName(name)) ?? name);
    if (info) found.push(info.name);
    else missing.push(name);
  }
  const [first] = missing;
  if (found.length === 0 && first !== undefined) throw unknownTable(first);
  return new Set([...found, ...missing]);
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

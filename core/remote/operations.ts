import { beginText, control, type TransactionMode } from '../atomically.ts';
import { ProgrammingError } from '../errors.ts';
import { executeBatch } from '../execute-batch.ts';
import * as reading from '../reading.ts';
import type { Statement } from '../statement.ts';
import type { Params, SqlValue } from '../values.ts';
import * as watches from '../watches/create-watch.ts';
import type { RangeBounds } from '../watches/range.ts';
import type { Watch, WatchOptions } from '../watches/watch.ts';
import type { Call, Host, Operation, Operations } from './host.ts';
import { notHere, type RawRows } from './wire.ts';

/** How many rows an iteration sends at once, at most: some 64 KB of small rows. */
export const pageRows = 256;

function compiled(host: Host, { args: [sql], isOutside }: Call): Statement {
  const statement = host.engine.compile(sql as string);
  const { kind } = statement.plan;
  // Whoever calls next would be in that transaction: a database has one name for all of its callers.
  if (!isOutside || (kind !== 'begin' && kind !== 'savepoint')) return statement;
  throw new ProgrammingError(
    'Cannot begin a transaction in SQL: other calls of this database would get into it. Use begin() or transaction(), or a script for exec() that ends what it begins.',
    { code: 'TRANSACTION', subcode: 'transaction.in_sql', sqlstate: '25001' },
  );
}

const paramsOf = ({ args: [, params] }: Call) => params as Params | undefined;

/** The whole answer of any statement. */
function query(host: Host, call: Call): RawRows {
  return reading.queryRaw(host.engine, compiled(host, call), paramsOf(call));
}

function first(host: Host, call: Call): RawRows {
  const statement = compiled(host, call);
  const options = { rowMode: 'array' } as const;
  const row = reading.queryOne<SqlValue[]>(host.engine, statement, paramsOf(call), options);
  return { columns: statement.columns, rows: row ? [row] : [] };
}

/** An iteration that is open, and the columns of its rows. */
interface Cursor {
  readonly columns: readonly string[];
  next(count: number): { readonly rows: readonly SqlValue[][]; readonly done: boolean };
  close(): void;
}

function iterate(host: Host, call: Call) {
  const statement = compiled(host, call);
  const rows = reading.iterate<SqlValue[]>(host.engine, statement, paramsOf(call), { rowMode: 'array' });
  const cursor: Cursor = {
    columns: statement.columns,
    next(count) {
      const page: SqlValue[][] = [];
      while (page.length < count) {
        const { done, value } = rows.next();
        if (done) return { rows: page, done: true };
        page.push(value);
      }
      return { rows: page, done: false };
    },
    close: () => void rows.return?.(undefined),
  };
  const id = call.session.keep(cursor);
  return { cursor: id, columns: cursor.columns, ...turn(call, id, cursor) };
}

/** The next rows; an iteration at its end, or that fails, is closed. */
function turn(call: Call, id: unknown, cursor: Cursor) {
  try {
    const page = cursor.next(pageRows);
    if (page.done) call.session.release(id);
    return page;
  } catch (error) {
    call.session.release(id);
    throw error;
  }
}

function nextPage(_host: Host, call: Call) {
  const [id] = call.args;
  const cursor = call.session.resource(id) as Cursor | undefined;
  return cursor ? turn(call, id, cursor) : { rows: [], done: true };
}

const queued = (run: Operation['run']): Operation => ({ run });
const free = (run: Operation['run']): Operation => ({ run, isFree: true });
const release = free((_host, { session, args: [id] }) => session.release(id));

/** What opens a watch; the other side reads it with `watch:next`. */
function watching(open: (host: Host, args: readonly unknown[]) => Watch): Operation {
  return {
    run(host, { session, args }) {
      const watch = host.engine.guard(() => open(host, args));
      return { watch: session.keep(watch), id: watch.id };
    },
  };
}

/** Of a statement that isn't known to read only. */
function mayWrite(host: Host, call: Call): boolean {
  try {
    return compiled(host, call).plan.kind !== 'select';
  } catch {
    // It fails before it does anything.
    return false;
  }
}
const writes = (): boolean => true;

const reads: Operations = {
  query: { run: query, writes: mayWrite },
  first: { run: first, writes: mayWrite },
  iterate: { run: iterate, writes: mayWrite },
  'iterate:next': { run: nextPage },
  'iterate:close': release,
  close: free(({ db }) => db.close()),
};

/** Of an engine that writes, too. */
export const writerOperations: Operations = {
  ...reads,

  execute: {
    run: (host, call) => host.engine.execute(compiled(host, call), paramsOf(call)),
    sql: ({ args: [sql] }) => sql as string,
    writes,
  },
  exec: { run: (host, call) => host.exec(call.args[0] as string, call), writes },
  executeBatch: {
    writes,
    run: (host, call) => executeBatch(host.engine, compiled(host, call), call.args[1] as readonly Params[]),
  },
  prepare: { run: (host, call) => compiled(host, call).columns },

  begin: {
    run: (host, { session, args: [mode, keepsOut] }) =>
      host.begin(session, keepsOut === true, () => control(host.engine, beginText(mode as TransactionMode))),
  },
  commit: { run: (host) => end(host, 'COMMIT') },
  rollback: { run: (host) => end(host, 'ROLLBACK') },
  // The function of a transaction has ended.
  leave: {
    run: (host, { args: [how] }) => host.leave(how === 'commit' ? 'COMMIT' : 'ROLLBACK'),
    isEnd: true,
  },
  savepoint: { run: (host, { args: [sql] }) => control(host.engine, savepointText(sql)) },

  watchTable: watching(({ engine }, [tables, options]) =>
    watches.watchTable(engine, tables as string | readonly string[], options as WatchOptions),
  ),
  watchRange: watching(({ engine }, [table, range, options]) =>
    watches.watchRange(engine, table as string, range as RangeBounds, options as WatchOptions),
  ),
  watchQuery: watching(({ engine }, [sql, params, options]) =>
    watches.watchQuery(engine, sql as string, params as Params | undefined, options as WatchOptions),
  ),
  changeStream: watching(({ engine }, [options]) => watches.changeStream(engine, options as WatchOptions)),
  'watch:next': free((_host, { session, args: [id, timeoutMs], signal }) => {
    const watch = session.resource(id) as Watch | undefined;
    const closed = { schema_version: 1, type: 'closed' } as const;
    return watch ? watch.next({ timeoutMs: timeoutMs as number, signal }) : closed;
  }),
  'watch:close': release,

  // Free, and first on a line: what was on its way over the one before must not be carried out after the answer.
  fate: free((host, { args: [lines] }) => (lines as readonly string[]).map((line) => host.fate(line))),
  pong: free(() => null),

  subscribe: queued((host, { session }) => {
    const { engine } = host;
    const close = engine.hub.addListener(engine, (changeset) =>
      session.emit('changeset', {
        commit_lsn: changeset.commit_lsn,
        source: changeset.source,
        schema_cookie: changeset.schema_cookie,
        schema_changed: changeset.schema_changed,
        tables: changeset.tables,
        row_changes: changeset.row_changes,
        wide: changeset.wide,
        wide_tables: changeset.wide_tables,
      }),
    );
    return session.keep({ close });
  }),
  unsubscribe: release,

  // Rows of every table are recorded, and told to nobody, so that transactions know what they have written.
  record: queued(({ engine }, { session }) =>
    session.keep({ close: engine.hub.addListener(engine, () => {}) }),
  ),
  written: queued(({ engine }) => engine.written),

  lookAtFile: free(({ engine }) => void engine.fileWasReplaced()),

  metrics: queued(({ db }) => db.reactiveMetrics()),
  subscriptions: queued(({ db }) => db.reactiveSubscriptions()),
  cacheStats: queued(({ engine }) => engine.cacheStats),
};

function end({ engine }: Host, sql: 'COMMIT' | 'ROLLBACK'): void {
  if (engine.inTransaction) control(engine, sql);
}

function savepointText(sql: unknown): string {
  if (typeof sql === 'string' && /^(SAVEPOINT|RELEASE|ROLLBACK TO) freshet_\d+$/.test(sql)) return sql;
  throw new ProgrammingError('A savepoint is set by savepoint().', { code: 'TRANSACTION' });
}

/**
 * Of an engine that only reads, beside the one that writes. What needs the writer's connection is not here: writes,
 * pragmas, its TEMP tables, and functions that tell of its last write.
 */
export const readerOperations: Operations = Object.fromEntries(
  Object.entries(reads).map(([name, operation]) => [
    name,
    {
      ...operation,
      run: (host: Host, call: Call) => {
        if (!name.includes(':') && !isForReaders(host, call)) return notHere;
        return operation.run(host, call);
      },
    },
  ]),
);

const ofConnection = new Set(['changes', 'total_changes', 'last_insert_rowid']);

function isForReaders(host: Host, call: Call): boolean {
  try {
    const { plan, access } = compiled(host, call);
    const isOwn = plan.sys || plan.sql.toLowerCase().includes('sqlite_temp_');
    if (plan.kind !== 'select' || isOwn || access.functions.some((name) => ofConnection.has(name)))
      return false;
    // Settings, ATTACHed databases and TEMP tables are the writer's, by a view of the file's too.
    return !access.readNames.some((name) => name.startsWith('pragma_'));
  } catch {
    // A TEMP table, or an error that the writer's connection tells as well.
    return false;
  }
}

import { type DatabaseSync, FreshetError, type Params } from '../core/index.ts';
import { toJson } from '../core/json.ts';
import { type LiveDelta, type LiveQuery, live } from '../reactive/index.ts';
import { type Change, changeText, commitText, type Values } from './change-printer.ts';
import { errorMessage } from './error-message.ts';
import { snapshotJson } from './json-lines.ts';
import { openToRead } from './open-to-read.ts';
import { remark, type Terminal } from './output.ts';
import { type Parameter, toParams } from './parameters.ts';
import { Stop } from './stop.ts';
import { answerText, rowsOnTerminal } from './table-printer.ts';

export interface WatchOptions {
  readonly json?: boolean;
  readonly events?: boolean;
  readonly seconds?: number;
  readonly param?: readonly Parameter[];
}

/** How one way of watching shows the first answer, and each difference to it. */
interface Printer {
  snapshot(delta: LiveDelta<Values>): void;
  changes(delta: LiveDelta<Values>): void;
}

/** `freshet watch`: the answer, then every change of it, until told to stop. */
export async function watch(
  terminal: Terminal,
  file: string,
  sql: string,
  options: WatchOptions,
): Promise<void> {
  const params = toParams(options.param);
  const failed = Promise.withResolvers<never>();
  using db = openToRead(file, failed.reject);
  using stop = new Stop(terminal.out, options.seconds);
  await Promise.race([options.events ? events() : answers(), failed.promise]);

  async function answers(): Promise<void> {
    const printer = options.json
      ? jsonPrinter(terminal)
      : linePrinter(terminal, () => columnsOf(terminal, db, sql, params));
    // Closing the database is what ends the live query then.
    await Promise.race([follow(terminal, db, live<Values>(db, sql, params), printer), stop.wait()]);
  }

  async function events(): Promise<void> {
    using raw = db.watchQuery(sql, params);
    stop.wait().then(() => raw.close());
    while (!stop.signal.aborted) {
      const json = await raw.nextJson({ timeoutMs: Number.POSITIVE_INFINITY });
      if (json !== null) terminal.out.write(`${json}\n`);
    }
  }
}

/**
 * Prints until the database is closed. When the query fails after its first answer (its table was dropped, the file is
 * locked), that is said once, and the query is asked again after each commit; a failure that no commit can mend is thrown.
 */
async function follow(
  terminal: Terminal,
  db: DatabaseSync,
  query: LiveQuery<Values>,
  printer: Printer,
): Promise<void> {
  let commit = Promise.withResolvers<void>();
  db.subscribe(() => {
    commit.resolve();
    commit = Promise.withResolvers();
  });
  let answered = false;
  let lastFailure = '';
  for (;;) {
    // Taken before asking: a commit that comes in between leads to one question too many, not to one too few.
    const nextCommit = commit.promise;
    let first = true;
    try {
      await query.changes.forEach((delta) => {
        if (first) printer.snapshot(delta);
        else printer.changes(delta);
        if (!answered) remark(terminal, 'Watching. Ctrl-C ends.');
        first = false;
        answered = true;
        lastFailure = '';
      });
      return;
    } catch (error) {
      if (!answered || !isMendable(error)) throw error;
      if (error.message !== lastFailure) {
        terminal.err.write(`freshet: ${errorMessage(error)} Asking again after the next commit.\n`);
      }
      lastFailure = error.message;
    }
    await nextCommit;
  }
}

function isMendable(error: unknown): error is FreshetError {
  return error instanceof FreshetError && (error.retryable || error.code === 'SQL');
}

/** The columns in the query's order, known even for an empty answer. */
function columnsOf(
  terminal: Terminal,
  db: DatabaseSync,
  sql: string,
  params: Params | undefined,
): readonly string[] {
  const { columns } = db.queryRaw(sql, params);
  const distinct = [...new Set(columns)];
  if (distinct.length < columns.length) {
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    terminal.err.write(
      `freshet: note: several columns are called ${twice}, and only the last is shown. Rename them with AS.\n`,
    );
  }
  return distinct;
}

function jsonPrinter({ out }: Terminal): Printer {
  return {
    snapshot: ({ rows }) => {
      for (const piece of snapshotJson(rows)) out.write(piece);
    },
    changes: ({ commit, changes }) => out.write(`${toJson({ type: 'delta', commit, changes })}\n`),
  };
}

function linePrinter({ out, now }: Terminal, columnsNow: () => readonly string[]): Printer {
  let columns: readonly string[] = [];
  return {
    snapshot: ({ rows }) => {
      columns = columnsNow(); // Not once and for all: a table that comes back may have others.
      const values = Array.from(rows, (row) => columns.map((name) => row[name] ?? null));
      for (const piece of answerText(columns, values, out)) out.write(piece);
    },
    changes: ({ commit, changes }) => {
      const lines = changes.slice(0, out.isTerminal ? rowsOnTerminal : changes.length).map((change) => {
        const moved = change.type === 'update' && change.previousIndex !== change.index;
        const shown: Change = moved
          ? { ...change, note: `row ${change.previousIndex + 1} → ${change.index + 1}` }
          : change;
        return changeText(shown, columns, out);
      });
      const more = changes.length - lines.length;
      if (more > 0) lines.push(out.paint('dim', `… ${more.toLocaleString('en')} more changes`));
      out.write(commitText(now(), commit, lines, out));
    },
  };
}

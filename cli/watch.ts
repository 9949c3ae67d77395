import { type DatabaseSync, FreshetError } from '../core/index.ts';
import { toJson } from '../core/json.ts';
import { type LiveDelta, live } from '../reactive/index.ts';
import { type Change, changeText, commitText, type Values } from './change-printer.ts';
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
  const failed = Promise.withResolvers<never>();
  using db = openToRead(file, failed.reject);
  using stop = new Stop(terminal.out, options.seconds);
  await Promise.race([options.events ? events() : answers(), failed.promise]);

  async function answers(): Promise<void> {
    const printer = options.json
      ? jsonPrinter(terminal)
      : linePrinter(terminal, columnsOf(terminal, db, sql, options));
    await follow(terminal, db, sql, options, printer, stop.signal);
  }

  async function events(): Promise<void> {
    using raw = db.watchQuery(sql, toParams(options.param));
    stop.wait().then(() => raw.close());
    for (;;) {
      const json = await raw.nextJson({ timeoutMs: Number.POSITIVE_INFINITY });
      if (json === null) continue;
      terminal.out.write(`${json}\n`);
      if (stop.signal.aborted) return;
    }
  }
}

/** The columns in the query's order, known even for an empty answer. */
function columnsOf(
  terminal: Terminal,
  db: DatabaseSync,
  sql: string,
  options: WatchOptions,
): readonly string[] {
  const { columns } = db.queryRaw(sql, toParams(options.param));
  const distinct = [...new Set(columns)];
  if (distinct.length < columns.length) {
    const twice = columns.find((name, index) => columns.indexOf(name) !== index);
    terminal.err.write(
      `freshet: note: several columns are called ${twice}, and only the last is shown. Rename them with AS.\n`,
    );
  }
  return distinct;
}

/**
 * Keeps the subscription going until `signal` aborts or the database closes. When the query fails after its first answer
 * (its table was dropped, the file is locked) that is said once, and after the next commit it is asked again; a failure
 * that no commit can mend is thrown.
 */
function follow(
  terminal: Terminal,
  db: DatabaseSync,
  sql: string,
  options: WatchOptions,
  printer: Printer,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const query = live<Values>(db, sql, toParams(options.param));
  let answered = false;
  let lastFailure = '';
  let end = () => {};
  const stop = () => {
    end();
    resolve();
  };
  signal.addEventListener('abort', stop, { once: true });
  subscribe();
  return promise;

  function subscribe(): void {
    let first = true;
    const subscription = query.changes.subscribe({
      next: (delta) => {
        lastFailure = '';
        if (first) printer.snapshot(delta);
        else printer.changes(delta);
        if (!answered) remark(terminal, 'Watching. Ctrl-C ends.');
        first = false;
        answered = true;
      },
      error: retry,
      complete: resolve,
    });
    end = () => subscription.unsubscribe();
  }

  function retry(error: unknown): void {
    const mendable = error instanceof FreshetError && (error.retryable || error.code === 'SQL');
    if (!answered || !mendable) {
      reject(error);
      return;
    }
    if (error.message !== lastFailure) {
      terminal.err.write(`freshet: ${error.message}. Asking again after the next commit.\n`);
      lastFailure = error.message;
    }
    const unsubscribe = db.subscribe(() => {
      unsubscribe();
      // Not inside the commit that is being delivered.
      const soon = setImmediate(subscribe);
      end = () => clearImmediate(soon);
    });
    end = unsubscribe;
  }
}

function jsonPrinter({ out }: Terminal): Printer {
  return {
    snapshot: ({ rows }) => {
      for (const piece of snapshotJson(rows)) out.write(piece);
    },
    changes: ({ commit, changes }) => out.write(`${toJson({ type: 'delta', commit, changes })}\n`),
  };
}

function linePrinter({ out, now }: Terminal, columns: readonly string[]): Printer {
  return {
    snapshot: ({ rows }) => {
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

import type { Database, DatabaseSync } from 'freshet';
import { type LiveExplain, live } from 'freshet/reactive';
import { examples } from './examples.ts';
import { type Problem, problemOf, type Schema } from './problem.ts';
import { columnsOf, Motion, type Result, type ResultRow, RowKeys } from './result.ts';
import { readStatement } from './statement.ts';

export interface SessionState {
  /** The last good answer; it stays, and stays fresh, until another is there. */
  readonly result: Result | undefined;
  readonly problem: Problem | undefined;
  /** What a write did. */
  readonly written: { readonly changes: number; readonly ms: number } | undefined;
  readonly isAsking: boolean;
}

type Ending = { unsubscribe(): void };

/**
 * What the console asks a database, one statement at a time.
 *
 * Guarantees: an answer is replaced only by another one, and what writes is run only when asked for. The hard part is that a statement may
 * be run while the one before is still being answered: then only the later one counts.
 */
export class Session {
  /** What stands in the editor. */
  text = examples[0].sql;
  schema: Schema = new Map();
  readonly #db: Database | DatabaseSync;
  readonly #listeners = new Set<() => void>();
  #state: SessionState = { result: undefined, problem: undefined, written: undefined, isAsking: false };
  #shown: Ending | undefined;
  #asked: Ending | undefined;
  #run = 0;

  constructor(db: Database | DatabaseSync) {
    this.#db = db;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): SessionState => this.#state;

  /** Runs a text: a SELECT becomes live, what writes is run once. */
  async run(text: string): Promise<void> {
    const statement = readStatement(text);
    this.#asked?.unsubscribe();
    this.#asked = undefined;
    this.#run += 1;
    const run = this.#run;
    if (statement.kind === 'wrong' || statement.kind === 'empty') {
      const problem = statement.kind === 'wrong' ? statement.problem : undefined;
      this.#change({ problem, written: undefined, isAsking: false });
      return;
    }
    this.#change({ isAsking: true, written: undefined });
    try {
      if (statement.kind === 'live') this.#follow(statement.sql, run);
      else if (statement.kind === 'read') await this.#read(statement.sql, run);
      else await this.#write(statement.sql, run);
    } catch (error) {
      this.#fail(error, text, run);
    }
  }

  /** Somebody looks: the last answer is followed again, and the first time the example that stands in the editor is. */
  enter(): void {
    const { result, problem } = this.#state;
    if (this.#shown || this.#asked) return;
    if (result?.explain) void this.run(result.sql);
    else if (!result && !problem && readStatement(this.text).kind === 'live') void this.run(this.text);
  }

  /** Nobody looks: what was live is no longer followed. */
  leave(): void {
    this.#asked?.unsubscribe();
    this.#shown?.unsubscribe();
    this.#asked = undefined;
    this.#shown = undefined;
    this.#run += 1;
    this.#change({ isAsking: false });
  }

  #follow(sql: string, run: number): void {
    const query = live<ResultRow>(this.#db, sql, undefined, { schedule: 'frame' });
    const keys = new RowKeys();
    const motion = new Motion();
    const ending: Ending = { unsubscribe: () => {} };
    this.#asked = ending;
    const subscription = query.changes.subscribe({
      next: (delta) => {
        const known = this.#state.result;
        if (known?.run !== run) {
          this.#show(this.#first(run, sql, delta.rows, keys, query.explain()), ending);
          return;
        }
        const now = performance.now();
        const removed = keys.follow(delta, now);
        const isFlood = motion.isFlood(delta, now);
        const { rows } = delta;
        const columns = known.columns.length > 0 ? known.columns : columnsOf(rows);
        this.#change({ result: { ...known, rows, removed, isFlood, changes: known.changes + 1, columns } });
      },
      error: (error: unknown) => this.#fail(error, sql, run),
    });
    ending.unsubscribe = () => subscription.unsubscribe();
  }

  async #read(sql: string, run: number): Promise<void> {
    const rows = await this.#db.query<ResultRow>(sql);
    if (run === this.#run) this.#show(this.#first(run, sql, rows, new RowKeys(), undefined), undefined);
  }

  async #write(sql: string, run: number): Promise<void> {
    const from = performance.now();
    const { changes } = await this.#db.execute(sql);
    if (run !== this.#run) return;
    const written = { changes, ms: performance.now() - from };
    this.#change({ written, problem: undefined, isAsking: false });
  }

  #first(
    run: number,
    sql: string,
    rows: readonly ResultRow[],
    keys: RowKeys,
    explain: LiveExplain | undefined,
  ): Result {
    return {
      run,
      sql,
      columns: columnsOf(rows),
      rows,
      keys,
      removed: [],
      isFlood: false,
      changes: 0,
      explain,
    };
  }

  #show(result: Result, ending: Ending | undefined): void {
    if (this.#shown !== ending) this.#shown?.unsubscribe();
    this.#shown = ending;
    this.#asked = undefined;
    this.#change({ result, problem: undefined, isAsking: false });
    if (result.rows.length === 0) void this.#nameColumns(result);
  }

  /** An empty answer has no row that would name its columns. */
  async #nameColumns({ sql, run }: Result): Promise<void> {
    try {
      const { columns } = await this.#db.queryRaw(`SELECT * FROM (${sql}) LIMIT 0`);
      const { result } = this.#state;
      if (result?.run === run && result.columns.length === 0)
        this.#change({ result: { ...result, columns } });
    } catch {
      // PRAGMA can't stand there, and shows no names then.
    }
  }

  #fail(error: unknown, sql: string, run: number): void {
    const isShown = this.#state.result?.run === run;
    if (run !== this.#run && !isShown) return;
    if (isShown) this.#shown = undefined;
    else this.#asked = undefined;
    this.#change({ problem: problemOf(error, sql, this.schema), isAsking: false });
  }

  #change(part: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}

const ofDatabases = new WeakMap<Database | DatabaseSync, Session>();

/** The console's session on that database: one, whichever views come and go. */
export function sessionOn(db: Database | DatabaseSync): Session {
  const known = ofDatabases.get(db);
  if (known) return known;
  const made = new Session(db);
  ofDatabases.set(db, made);
  return made;
}

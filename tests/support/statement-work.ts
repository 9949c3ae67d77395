/**
 * What SQLite did for a call: the statements that ran, and how far each of them went.
 *
 * Sees every statement of every database that this thread opens after the first `recordStatements`. Not how long
 * anything took, nor what JavaScript did. The hard part is what the counters leave out: see `readsAll`.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** https://www.sqlite.org/c3ref/c_stmtstatus_counter.html */
type Counter = 'fullscanStep' | 'autoindex' | 'vmStep' | 'run';

/** `node:sqlite` has it since Node 26.10; the types that we compile with are those of Node 24. */
type CountedStatement = StatementSync & { stat(counter: Counter): number };

/** Why work can't be counted here, or null. */
export const lacksCounters: string | null =
  'stat' in new DatabaseSync(':memory:').prepare('SELECT 1')
    ? null
    : `StatementSync.stat of node:sqlite is not in Node ${process.versions.node}; 26.10 has it`;

/** One text that ran, as often as it did. */
export interface StatementWork {
  readonly sql: string;
  readonly runs: number;
  /** Steps of SQLite's virtual machine. Those of a search don't depend on how much is searched. */
  readonly vmSteps: number;
  /**
   * Steps of scans over whole tables and indexes. A table-valued function such as `json_each` is a virtual
   * table, and SQLite doesn't count its steps here: it may be scanned.
   */
  readonly fullscanSteps: number;
  /** Rows put into an index that was made for this run alone. */
  readonly autoindexRows: number;
}

type Counts = Readonly<Record<Counter, number>>;

export interface StatementRecorder {
  /** The database that the engine opened last, without the engine around it. */
  readonly database: DatabaseSync;
  /** What ran during `call`, without transaction control, PRAGMAs and the texts in `own`. */
  readonly during: (call: () => void, own: ReadonlySet<string>) => StatementWork[];
  /** The plan of a statement, a line a step, indented. */
  readonly plan: (sql: string) => string;
  /** It counts all rows of a table: one step, however many there are. */
  readonly readsAll: (sql: string) => boolean;
}

const control = /^\s*(PRAGMA|BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b/i;

/** Opens a database by `open`, which is to call no other, and records its statements from then on. */
export function recordStatements(open: () => void): StatementRecorder {
  const { prepare, exec } = DatabaseSync.prototype;
  const statements: { readonly sql: string; readonly statement: CountedStatement }[] = [];
  const scripts: string[] = [];
  let database: DatabaseSync | undefined;
  // The prototype stays patched; what it records goes to the recorder whose database it is.
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql, ...options) {
    const statement = prepare.call(this, sql, ...options);
    database ??= this;
    if (database === this) statements.push({ sql, statement: statement as CountedStatement });
    return statement;
  };
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql) {
    database ??= this;
    if (database === this) scripts.push(sql);
    return exec.call(this, sql);
  };
  open();
  if (!database) throw new Error('open() has opened no database of node:sqlite');
  const opened = database;

  const counts = (): Counts[] =>
    statements.map(({ statement }) => ({
      fullscanStep: statement.stat('fullscanStep'),
      autoindex: statement.stat('autoindex'),
      vmStep: statement.stat('vmStep'),
      run: statement.stat('run'),
    }));
  const explain = (sql: string, how: string): Record<string, unknown>[] =>
    prepare.call(opened, `${how} ${sql}`).all() as Record<string, unknown>[];

  return {
    database: opened,
    during(call, own) {
      const before = counts();
      scripts.length = 0;
      call();
      const texts = new Map<string, StatementWork>();
      const note = (work: StatementWork): void => {
        const { sql } = work;
        if (control.test(sql) || own.has(sql)) return;
        const known = texts.get(sql);
        texts.set(sql, {
          sql,
          runs: (known?.runs ?? 0) + work.runs,
          vmSteps: (known?.vmSteps ?? 0) + work.vmSteps,
          fullscanSteps: (known?.fullscanSteps ?? 0) + work.fullscanSteps,
          autoindexRows: (known?.autoindexRows ?? 0) + work.autoindexRows,
        });
      };
      for (const [at, now] of counts().entries()) {
        const past = before[at];
        const since = (counter: Counter): number => now[counter] - (past?.[counter] ?? 0);
        const vmSteps = since('vmStep');
        if (vmSteps === 0) continue;
        const { sql } = statements[at] as (typeof statements)[number];
        note({
          sql,
          runs: since('run'),
          vmSteps,
          fullscanSteps: since('fullscanStep'),
          autoindexRows: since('autoindex'),
        });
      }
      // A script leaves no counters behind; that it ran is work enough.
      for (const sql of scripts) note({ sql, runs: 1, vmSteps: 0, fullscanSteps: 0, autoindexRows: 0 });
      return [...texts.values()].sort((a, b) => (a.sql < b.sql ? -1 : 1));
    },
    plan(sql) {
      const depths = new Map<unknown, number>([[0, 0]]);
      return explain(sql, 'EXPLAIN QUERY PLAN')
        .map(({ id, parent, detail }) => {
          const depth = (depths.get(parent) ?? 0) + 1;
          depths.set(id, depth);
          return '  '.repeat(depth) + detail;
        })
        .join('\n');
    },
    readsAll: (sql) => explain(sql, 'EXPLAIN').some(({ opcode }) => opcode === 'Count'),
  };
}

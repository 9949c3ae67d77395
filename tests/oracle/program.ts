import type { OracleDatabase, OracleTransaction, Params, Runner } from './engine.ts';
import { show, showRow } from './values.ts';

/** What one step does. Plain data: the twin runs the same, a report prints it, a shrunk case leaves some of it out. */
export type Action =
  | Statement
  | { readonly type: 'batch'; readonly sql: string; readonly list: readonly Params[] }
  /** `db.begin()`; half of the calls inside go through the transaction, half through the database. */
  | {
      readonly type: 'begin';
      readonly mode: Mode;
      readonly body: readonly Action[];
      readonly end: 'commit' | 'rollback';
    }
  /** `db.transaction(fn)`, or `tx.savepoint(fn)` inside `begin`. */
  | { readonly type: 'transaction'; readonly body: readonly Action[]; readonly throws: boolean }
  /** Statements in a row; with BEGIN and COMMIT among them a transaction in SQL. */
  | { readonly type: 'group'; readonly body: readonly Action[] }
  /** The same while a SELECT on the connection has given its first row and no more. */
  | { readonly type: 'reading'; readonly sql: string; readonly body: readonly Action[] }
  /** Opens or closes a live query, perhaps within a transaction. */
  | { readonly type: 'open' | 'close'; readonly query: number }
  /** The next commit's listener writes. */
  | { readonly type: 'listener'; readonly then: Statement }
  /** Another handle acts in between. */
  | { readonly type: 'meanwhile'; readonly by: Actor; readonly work: Statement };

export interface Statement {
  readonly type: 'run';
  readonly how: How;
  readonly sql: string;
  readonly params?: Params;
  /** Whether it gives rows a rowid: then the result tells the last one. */
  readonly rowid?: boolean;
}

export type How = 'execute' | 'exec' | 'query' | 'iterate' | 'prepare' | 'commit' | 'rollback';
export type Mode = 'deferred' | 'immediate' | 'exclusive';

/**
 * Who acts: the checked database, another handle of its file, or another program; on the file that is attached,
 * another handle or another program.
 */
export type Actor = 'first' | 'second' | 'program' | 'guest' | 'visitor';

export interface Step {
  readonly by: Actor;
  readonly action: Action;
  /** The step may change the schema: live queries may fail and start anew. */
  readonly schema: boolean;
}

/** What an interpreter tells the checker. */
export interface Hooks {
  open(query: number): void;
  close(query: number): void;
  listener(then: Statement): void;
  meanwhile(by: Actor, work: Statement): void;
  /** Errors differ in their words, so they are no outcome; a report shows them. */
  error(error: unknown): void;
}

export const noHooks: Hooks = {
  open: () => {},
  close: () => {},
  listener: () => {},
  meanwhile: () => {},
  error: () => {},
};

class PlannedFailure extends Error {}

type Target = Runner &
  Pick<OracleDatabase, 'begin' | 'transaction' | 'commit' | 'rollback' | 'prepare' | 'inTransaction'>;

/**
 * Runs a step and tells how each statement went, as text that must be the same on every engine. Errors are noted and
 * swallowed; the transaction that they may have ended is left alone from there on. No transaction survives a step.
 */
export function runStep(db: Target, action: Action, hooks: Hooks): string[] {
  const outcomes: string[] = [];
  const run = (step: Action, tx: OracleTransaction | null, inside: boolean): void => {
    // OR ROLLBACK ended the transaction under our feet: what follows was meant for it.
    if (inside && !db.inTransaction) return;
    try {
      perform(step, tx);
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) throw error;
      hooks.error(error);
      outcomes.push(error instanceof PlannedFailure ? 'planned failure' : 'error');
    }
  };
  const perform = (step: Action, tx: OracleTransaction | null): void => {
    switch (step.type) {
      case 'open':
      case 'close':
        hooks[step.type](step.query);
        return;
      case 'listener':
        hooks.listener(step.then);
        return;
      case 'meanwhile':
        hooks.meanwhile(step.by, step.work);
        return;
      case 'group':
        for (const part of step.body) run(part, tx, false);
        return;
      case 'reading': {
        const rows = db.iterate(step.sql);
        rows.next();
        for (const part of step.body) run(part, tx, false);
        rows.return?.();
        return;
      }
      case 'begin': {
        const begun = db.begin(step.mode);
        for (const part of step.body) run(part, begun, true);
        if (!db.inTransaction) return;
        try {
          begun[step.end]();
        } catch (error) {
          hooks.error(error);
          outcomes.push('error at the end');
          if (db.inTransaction) begun.rollback();
        }
        return;
      }
      case 'transaction': {
        const work = (): void => {
          for (const part of step.body) run(part, tx, true);
          if (step.throws) throw new PlannedFailure('planned');
        };
        if (tx) tx.savepoint(work);
        else db.transaction(work);
        return;
      }
      case 'batch':
        outcomes.push(`batch ${(tx ?? db).executeBatch(step.sql, step.list).changes}`);
        return;
      case 'run':
        outcomes.push(perStatement(db, tx, step));
    }
  };
  run(action, null, false);
  if (db.inTransaction) {
    db.rollback();
    outcomes.push('left open');
  }
  return outcomes;
}

/** One statement, by one of the calls that can run it. */
function perStatement(
  db: Target,
  tx: OracleTransaction | null,
  step: Extract<Action, { type: 'run' }>,
): string {
  // The choice must be the same in every run of a case, and each call should get its turn.
  const runner = tx && step.sql.length % 2 === 0 ? tx : db;
  switch (step.how) {
    case 'commit':
    case 'rollback':
      db[step.how]();
      return step.how;
    case 'exec':
      runner.exec(step.sql);
      return 'ok';
    case 'query':
      return runner.query(step.sql, step.params).map(showRow).join();
    case 'iterate':
      return [...runner.iterate(step.sql, step.params)].map(showRow).join();
    case 'prepare':
      return counted(step, db.prepare(step.sql).execute(step.params));
    case 'execute':
      return counted(step, runner.execute(step.sql, step.params));
  }
}

/** Counters that the statement set; the others SQLite leaves as they were. */
function counted(
  { sql, rowid }: Statement,
  result: { changes: number; lastInsertRowid: number | bigint },
): string {
  if (!/^\s*(INSERT|REPLACE|UPDATE|DELETE)/i.test(sql)) return 'ok';
  return `changes ${result.changes}${rowid && result.changes > 0 ? `, rowid ${result.lastInsertRowid}` : ''}`;
}

/** The action as a reader would type it. */
export function describeAction(action: Action, indent = ''): string {
  const deeper = `${indent}  `;
  switch (action.type) {
    case 'open':
    case 'close':
      return `${indent}-- ${action.type} live query ${action.query}`;
    case 'listener':
      return `${indent}-- the next commit's listener runs: ${describeAction(action.then)}`;
    case 'meanwhile':
      return `${indent}-- meanwhile, by ${action.by}: ${describeAction(action.work)}`;
    case 'reading': {
      const body = action.body.map((part) => describeAction(part, deeper)).join('\n');
      return `${indent}-- while iterating over ${action.sql}\n${body}`;
    }
    case 'run': {
      const params = action.params ? `  -- ${showParams(action.params)}` : '';
      return `${indent}${action.how === 'execute' ? '' : `/* ${action.how} */ `}${action.sql};${params}`;
    }
    case 'batch':
      return `${indent}/* executeBatch */ ${action.sql};  -- ${action.list.map(showParams).join(' ')}`;
    default: {
      const head = action.type === 'begin' ? `begin(${action.mode}), ${action.end}` : action.type;
      const fails = action.type === 'transaction' && action.throws ? ', throws' : '';
      const body = action.body.map((part) => describeAction(part, deeper)).join('\n');
      return action.type === 'group'
        ? action.body.map((part) => describeAction(part, indent)).join('\n')
        : `${indent}-- ${head}${fails}\n${body}`;
    }
  }
}

export function showParams(params: Params): string {
  if (Array.isArray(params)) return `[${params.map(show).join(', ')}]`;
  return `{${Object.entries(params)
    .map(([name, value]) => `${name}: ${show(value)}`)
    .join(', ')}}`;
}

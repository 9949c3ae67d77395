import { reading, shown } from './arguments.ts';
import type { Engine } from './engine.ts';
import { ProgrammingError } from './errors.ts';
import { transactionUndone } from './transaction-errors.ts';

/** When a transaction takes its locks: at its first read or write, or at once. */
export type TransactionMode = 'deferred' | 'immediate' | 'exclusive';

/** All of what `fn` does or nothing, in a transaction or, inside one, in a savepoint. Throws what `fn` throws. */
export function atomically<R>(engine: Engine, mode: TransactionMode, fn: () => R): R {
  const begin = beginText(mode);
  if (engine.inTransaction) return inSavepoint(engine, fn);
  return enclosed(engine, begin, ['COMMIT'], ['ROLLBACK'], fn);
}

export function inSavepoint<R>(engine: Engine, fn: () => R): R {
  const name = 'freshet_savepoint';
  return enclosed(
    engine,
    `SAVEPOINT ${name}`,
    [`RELEASE ${name}`],
    [`ROLLBACK TO ${name}`, `RELEASE ${name}`],
    fn,
  );
}

/** BEGIN in this mode. @throws ProgrammingError for another word. */
export function beginText(mode: TransactionMode): string {
  if (['deferred', 'immediate', 'exclusive'].includes(mode)) return `BEGIN ${mode.toUpperCase()}`;
  throw new ProgrammingError(
    `Cannot begin: ${shown(mode)} is no transaction mode: use deferred, immediate or exclusive.`,
    {
      code: 'TRANSACTION',
      subcode: 'transaction.mode',
    },
  );
}

/** Runs a statement of transaction control. */
export function control(engine: Engine, sql: string): void {
  engine.execute(engine.compile(sql), undefined);
}

function enclosed<R>(
  engine: Engine,
  open: string,
  done: readonly string[],
  undo: readonly string[],
  fn: () => R,
): R {
  control(engine, open);
  const id = engine.transactionId;
  const leave = engine.enclose();
  // It may end inside: by a commit of the user's, or because SQLite rolled it back.
  const run = (statements: readonly string[]): void => {
    for (const sql of statements) {
      if (engine.inTransaction && engine.transactionId === id) control(engine, sql);
    }
  };
  let result: R;
  try {
    result = fn();
    refusePromise(result);
    engine.assertOpen('commit');
    if (engine.wasUndone(id)) throw transactionUndone('commit');
    run(done);
  } catch (error) {
    run(undo);
    throw error;
  } finally {
    leave();
  }
  return result;
}

function refusePromise(result: unknown): void {
  if (typeof result !== 'object' || result === null) return;
  const isPromise = reading(
    "The function's result",
    () => 'then' in result && typeof result.then === 'function',
  );
  if (!isPromise) return;
  throw new ProgrammingError(
    'The function of a synchronous transaction returned a promise: its later work would fall outside. ' +
      'Make it synchronous, or use begin() and commit().',
    { code: 'TRANSACTION', subcode: 'transaction.async' },
  );
}

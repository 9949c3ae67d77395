import { OperationalError } from './errors.ts';

/** Of an answer with fewer rows than this the next run isn't watched: rows one by one cost several times as much. */
export const fewRows = 10_000;
/** How many rows are read between two looks at the memory. */
export const rowsBetweenLooks = 4096;

/** The engine's thread has come to an end for want of memory; what was under way is to blame, or part of it. */
export function outOfMemory(cause: unknown): OperationalError {
  return new OperationalError(
    'No answer: the engine ran out of memory. A write that was under way may have been committed or not. Read large answers with iterate(), or ask for less.',
    { code: 'MEMORY', subcode: 'memory.engine', sqlstate: '53200', cause },
  );
}

/** An answer is more than can be held, with what else there is. */
export function answerTooLarge(rows: number): OperationalError {
  return new OperationalError(
    `Cannot query: the answer takes too much memory, with ${rows} rows so far. Read it with iterate(), or ask for less.`,
    { code: 'MEMORY', subcode: 'memory.result', sqlstate: '53200' },
  );
}

import type { Caller } from '../../core/remote/caller.ts';
import type { TransactionSync } from '../../core/transaction-sync.ts';
import type { BindValue, SqlValue } from '../../core/values.ts';

/** A statement that a procedure wants to be run. */
export interface Request {
  readonly sql: string;
  readonly params: readonly BindValue[];
  readonly writes: boolean;
}

/** What came of it. */
export interface Answer {
  readonly rows: readonly (readonly SqlValue[])[];
  readonly changes: number;
}

/**
 * A procedure over a database, written once for engines in this thread and in others: it asks for statements and is
 * given their answers. Those that it asks for together don't depend on each other, so they travel together.
 */
export type Steps<R> = Generator<readonly Request[], R, readonly Answer[]>;

/** The rows of a SELECT. */
export function* read(sql: string, params: readonly BindValue[] = []): Steps<Answer['rows']> {
  const [answer] = yield [{ sql, params, writes: false }];
  return answer?.rows ?? [];
}

/** Runs a write; gives the number of rows that it changed. */
export function* write(sql: string, params: readonly BindValue[] = []): Steps<number> {
  const [answer] = yield [{ sql, params, writes: true }];
  return answer?.changes ?? 0;
}

export function runSync<R>(steps: Steps<R>, tx: Pick<TransactionSync, 'execute' | 'queryRaw'>): R {
  let step = steps.next();
  while (!step.done) {
    let answers: Answer[];
    try {
      answers = step.value.map(({ sql, params, writes }) =>
        writes
          ? { rows: [], changes: tx.execute(sql, params).changes }
          : { rows: tx.queryRaw(sql, params).rows, changes: 0 },
      );
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answers);
  }
  return step.value;
}

export async function runAsync<R>(steps: Steps<R>, tx: Pick<Caller, 'execute' | 'queryRaw'>): Promise<R> {
  let step = steps.next();
  while (!step.done) {
    let answers: Answer[];
    try {
      answers = await Promise.all(step.value.map((request) => run(request, tx)));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answers);
  }
  return step.value;
}

async function run(
  { sql, params, writes }: Request,
  tx: Pick<Caller, 'execute' | 'queryRaw'>,
): Promise<Answer> {
  if (writes) return { rows: [], changes: (await tx.execute(sql, params)).changes };
  return { rows: (await tx.queryRaw(sql, params)).rows, changes: 0 };
}

import type { Written } from '../../core/commit/written.ts';
import type { Transaction } from '../../core/remote/transaction.ts';
import type { TransactionSync } from '../../core/transaction-sync.ts';
import type { BindValue, SqlValue } from '../../core/values.ts';

/** What a procedure wants of the transaction that it runs in: a statement, or what was written until now. */
export type Request =
  | { readonly kind: 'read' | 'write'; readonly sql: string; readonly params: readonly BindValue[] }
  | { readonly kind: 'written' };

/** What came of it; what the request doesn't bring is empty. */
export interface Answer {
  readonly rows: readonly (readonly SqlValue[])[];
  readonly changes: number;
  readonly written?: Written;
}

/**
 * A procedure in a transaction, written once for engines in this thread and in others: it asks, and is given the
 * answers. What it asks for together travels together, and is carried out in order.
 */
export type Steps<R> = Generator<readonly Request[], R, readonly Answer[]>;

/** The rows of a SELECT. */
export function* read(sql: string, params: readonly BindValue[] = []): Steps<Answer['rows']> {
  const [answer] = yield [{ kind: 'read', sql, params }];
  return answer?.rows ?? [];
}

/** Runs a write; gives the number of rows that it changed. */
export function* write(sql: string, params: readonly BindValue[] = []): Steps<number> {
  const [answer] = yield [{ kind: 'write', sql, params }];
  return answer?.changes ?? 0;
}

export function runSync<R>(steps: Steps<R>, tx: TransactionSync): R {
  let step = steps.next();
  while (!step.done) {
    let answers: Answer[];
    try {
      answers = step.value.map((request) => answerSync(request, tx));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answers);
  }
  return step.value;
}

export async function runAsync<R>(steps: Steps<R>, tx: Transaction): Promise<R> {
  let step = steps.next();
  while (!step.done) {
    let answers: Answer[];
    try {
      answers = await Promise.all(step.value.map((request) => answer(request, tx)));
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(answers);
  }
  return step.value;
}

function answerSync(request: Request, tx: TransactionSync): Answer {
  if (request.kind === 'written') return { rows: [], changes: 0, written: tx.written };
  const { kind, sql, params } = request;
  if (kind === 'read') return { rows: tx.queryRaw(sql, params).rows, changes: 0 };
  return { rows: [], changes: tx.execute(sql, params).changes };
}

async function answer(request: Request, tx: Transaction): Promise<Answer> {
  if (request.kind === 'written') return { rows: [], changes: 0, written: await tx.written() };
  const { kind, sql, params } = request;
  if (kind === 'read') return { rows: (await tx.queryRaw(sql, params)).rows, changes: 0 };
  return { rows: [], changes: (await tx.execute(sql, params)).changes };
}

import { DatabaseSync, type SQLInputValue } from 'node:sqlite';

/** What the test asks of this process: one statement or script at a time, answered in order. */
export interface Request {
  readonly id: number;
  readonly sql: string;
  readonly params?: readonly SQLInputValue[];
  /** Rows are wanted; a script has none. */
  readonly rows: boolean;
}

export interface Answer {
  readonly id: number;
  readonly rows?: readonly unknown[];
  readonly error?: { readonly message: string; readonly errcode: number | undefined };
}

const [path = ''] = process.argv.slice(2);
const db = new DatabaseSync(path, { timeout: 10_000 });

process.on('message', ({ id, sql, params = [], rows }: Request) => {
  let answer: Answer;
  try {
    if (rows) answer = { id, rows: db.prepare(sql).all(...params) };
    else {
      db.exec(sql);
      answer = { id };
    }
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    answer = { id, error: { message, errcode } };
  }
  process.send?.(answer);
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0 } satisfies Answer);

import { tokenize, tokenName } from 'sqlite3-parser';
import type { DriverConnection, DriverRow, DriverStatement, DriverValue } from '../../core/drivers/driver.ts';

interface Prepared {
  readonly statement: DriverStatement;
  /** How many parameters it takes; those given beyond are left out. */
  readonly width: number;
}

/** The statements of one plan, compiled when they are first run, with parameters by number. */
export class Statements {
  readonly #connection: DriverConnection;
  readonly #beforeRead: () => void;
  readonly #prepared = new Map<string, Prepared>();

  /** `beforeRead` is called before anything is read. */
  constructor(connection: DriverConnection, beforeRead: () => void) {
    this.#connection = connection;
    this.#beforeRead = beforeRead;
  }

  all(sql: string, values: readonly DriverValue[]): DriverRow[] {
    this.#beforeRead();
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      prepared = { statement: this.#connection.prepare(sql), width: highestParameter(sql) };
      this.#prepared.set(sql, prepared);
    }
    return prepared.statement.all(
      values.length === prepared.width ? values : values.slice(0, prepared.width),
    );
  }
}

function highestParameter(sql: string): number {
  let highest = 0;
  for (const { type, text } of tokenize(sql)) {
    if (tokenName(type) === 'VARIABLE') highest = Math.max(highest, Number(text.slice(1)));
  }
  return highest;
}

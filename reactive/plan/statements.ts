import { tokenize, tokenName } from 'sqlite3-parser';
import type { DriverRow, DriverStatement, DriverValue } from '../../core/drivers/driver.ts';
import type { Engine } from '../../core/engine.ts';

interface Prepared {
  readonly statement: DriverStatement;
  /** How many parameters it takes; those given beyond are left out. */
  readonly width: number;
}

/** The statements of one plan, compiled when they are first run, with parameters by number. */
export class Statements {
  readonly #engine: Engine;
  readonly #beforeRead: () => void;
  readonly #prepared = new Map<string, Prepared>();

  /** `beforeRead` is called before anything is read. */
  constructor(engine: Engine, beforeRead: () => void) {
    this.#engine = engine;
    this.#beforeRead = beforeRead;
  }

  /** @throws what SQLite says, as one of Freshet's errors. */
  all(sql: string, values: readonly DriverValue[]): DriverRow[] {
    this.#beforeRead();
    try {
      const { statement, width } = this.#prepared.get(sql) ?? this.#prepare(sql);
      return statement.all(values.length === width ? values : values.slice(0, width));
    } catch (error) {
      return this.#engine.guard(() => {
        throw error;
      });
    }
  }

  /** Whether SQLite takes it. */
  compiles(sql: string): boolean {
    try {
      if (!this.#prepared.has(sql)) this.#prepare(sql);
      return true;
    } catch {
      return false;
    }
  }

  #prepare(sql: string): Prepared {
    const prepared = { statement: this.#engine.connection.prepare(sql), width: highestParameter(sql) };
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

function highestParameter(sql: string): number {
  let highest = 0;
  for (const { type, text } of tokenize(sql)) {
    if (tokenName(type) === 'VARIABLE') highest = Math.max(highest, Number(text.slice(1)));
  }
  return highest;
}

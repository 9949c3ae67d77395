import type { DriverRow, DriverStatement, DriverValue } from '../../core/drivers/driver.ts';
import type { Engine } from '../../core/engine.ts';

interface Prepared {
  readonly statement: DriverStatement;
  /** What it takes of the values: the first of them, as many as this, or those at these places. */
  readonly takes: number | readonly number[];
}

/**
 * Beyond this many, parameters are bound in the order of the text. SQLite looks each number of a `?1` up among all
 * others, when it compiles a statement and again when it is asked for the name of a parameter that is bound.
 */
const fewParameters = 50;

/**
 * A parameter, or a word behind which terms are compared as texts; before those what may hold their like: texts, names
 * in quotes, comments. A whole tokenizer takes longer over a long list than SQLite over the statement.
 */
const pieceOfInterest =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(\b(?:GROUP|DISTINCT|OVER|ORDER)\b)|\?(\d+)/gi;

/** The statements of one plan, compiled when they are first run, with parameters by number. */
export class Statements {
  readonly #engine: Engine;
  readonly #own: number;
  readonly #beforeRead: () => void;
  readonly #prepared = new Map<string, Prepared>();

  /** `own` is the number of the user's parameters, which come first; `beforeRead` is called before anything is read. */
  constructor(engine: Engine, own: number, beforeRead: () => void) {
    this.#engine = engine;
    this.#own = own;
    this.#beforeRead = beforeRead;
  }

  /** @throws what SQLite says, as one of Freshet's errors. */
  all(sql: string, values: readonly DriverValue[]): DriverRow[] {
    this.#beforeRead();
    try {
      const { statement, takes } = this.#prepared.get(sql) ?? this.#prepare(sql);
      if (typeof takes !== 'number') return statement.all(takes.map((at) => values[at] ?? null));
      return statement.all(values.length === takes ? values : values.slice(0, takes));
    } catch (error) {
      return this.#engine.guard(() => {
        throw error;
      });
    }
  }

  #prepare(sql: string): Prepared {
    const places: number[] = [];
    const pieces: string[] = [];
    let takes = 0;
    let end = 0;
    // Where terms are compared as texts, a parameter that stands twice must stay one.
    let compares = false;
    for (const { 0: text, 1: word, 2: digits, index } of sql.matchAll(pieceOfInterest)) {
      if (word !== undefined) compares = true;
      if (digits === undefined) continue;
      const number = Number(digits);
      takes = Math.max(takes, number);
      places.push(number - 1);
      pieces.push(sql.slice(end, index));
      end = index + text.length;
    }
    pieces.push(sql.slice(end));
    const isOrdered = takes > fewParameters && !(compares && this.#repeats(places));
    const prepared: Prepared = {
      statement: this.#engine.connection.prepare(isOrdered ? pieces.join('?') : sql),
      takes: isOrdered ? places : takes,
    };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #repeats(places: readonly number[]): boolean {
    const own = places.filter((at) => at < this.#own);
    return new Set(own).size < own.length;
  }
}

import { readOptions, requireSignal, requireText } from '../arguments.ts';
import { OperationalError } from '../errors.ts';
import type { RawResult, ReadOptions } from '../reading.ts';
import { checkRowMode, decoder, type ReadRow, type RowShape } from '../rows.ts';
import type { ExecuteResult } from '../statement-sync.ts';
import { takeParams, takeParamsList } from '../take-params.ts';
import type { Params, Row, SqlValue } from '../values.ts';
import { type CallOptions, callOptions } from './client.ts';
import type { RawRows } from './wire.ts';

/** How rows are read, in a call. */
export type ReadCallOptions<T = unknown> = ReadOptions<T> & CallOptions;

/** A page of an iteration, and how to ask for the next. */
interface Pages {
  readonly columns: readonly string[];
  next(): Promise<Page>;
  close(): void;
}

interface Page {
  readonly rows: readonly SqlValue[][];
  readonly done: boolean;
}

export interface OpenedIteration extends Page {
  readonly cursor: number;
  readonly columns: readonly string[];
}

/** What an iteration has open with its engine. */
interface OpenHandle {
  close(): void;
}

/** An iteration that was neither finished nor left is ended when nobody can go on with it. */
const abandoned = new FinalizationRegistry<OpenHandle>((handle) => handle.close());

/** How calls get to an engine. */
export interface Sender {
  /** A call that may change something, or that belongs to a transaction. */
  send<R>(name: string, args: readonly unknown[], options: CallOptions | undefined): Promise<R>;
  /** A call that only reads, if its statement does. */
  read<R>(name: string, args: readonly unknown[], options: CallOptions | undefined): Promise<R>;
  open(
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<{ first: OpenedIteration } & Pages>;
}

/**
 * The calls that a database and its transactions have in common. Each is carried out by the engine, in another
 * thread, and rejects with a `FreshetError`, or with the reason of its signal.
 */
export class Caller {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Runs one statement. A second one in `sql` is an error; see `exec`. */
  async execute(sql: string, params?: Params, options?: CallOptions): Promise<ExecuteResult> {
    requireText(sql, 'sql');
    return this.#sender.send('execute', [sql, takeParams(params)], callOptions(options));
  }

  /** Runs a script of any number of statements, without parameters. What ran before an error stays. */
  async exec(script: string, options?: CallOptions): Promise<void> {
    requireText(script, 'script');
    return this.#sender.send('exec', [script], callOptions(options));
  }

  /** All rows, as plain objects unless `rowMode` says otherwise. */
  async query<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    given?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made>[]> {
    const options = readCallOptions(sql, given);
    const { columns, rows } = await this.#sender.read<RawRows>('query', [sql, takeParams(params)], options);
    return rows.map(decoderOf<ReadRow<T, Made>>(columns, options));
  }

  /** The first row, or null. */
  async queryOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    given?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made> | null> {
    const options = readCallOptions(sql, given);
    const { columns, rows } = await this.#sender.read<RawRows>('first', [sql, takeParams(params)], options);
    const [row] = rows;
    return row ? decoderOf<ReadRow<T, Made>>(columns, options)(row) : null;
  }

  /** The first row. @throws OperationalError (`NO_ROW`) where there is none. */
  async fetchOne<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    given?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made>> {
    const options = readCallOptions(sql, given);
    const { columns, rows } = await this.#sender.read<RawRows>('first', [sql, takeParams(params)], options);
    const [row] = rows;
    if (row) return decoderOf<ReadRow<T, Made>>(columns, options)(row);
    throw new OperationalError('The query returned no row. Use queryOne() where that may be.', {
      code: 'NO_ROW',
      subcode: 'sql.no_row',
      sqlstate: '02000',
    });
  }

  /** Columns and rows by position: two columns of one name stay two. */
  async queryRaw(sql: string, params?: Params, given?: CallOptions): Promise<RawResult> {
    requireText(sql, 'sql');
    const options = callOptions(given);
    const { columns, rows } = await this.#sender.read<RawRows>('query', [sql, takeParams(params)], options);
    return { columns: [...columns], rows: [...rows] };
  }

  /**
   * Rows as they are read: the next page comes when the one before has been taken. Leaving the loop releases the
   * read lock.
   */
  iterate<T extends RowShape<T> = Row, Made = never>(
    sql: string,
    params?: Params,
    options?: ReadCallOptions<Made | NoInfer<T>>,
  ): AsyncGenerator<ReadRow<T, Made>, void, undefined> {
    const handle: OpenHandle = { close: () => {} };
    const rows = this.#iterate<ReadRow<T, Made>>(sql, taking(params), options, handle);
    abandoned.register(rows, handle);
    return rows;
  }

  async *#iterate<T>(
    sql: string,
    taken: () => Params | undefined,
    given: ReadCallOptions | undefined,
    handle: OpenHandle,
  ): AsyncGenerator<T, void, undefined> {
    const options = readCallOptions(sql, given);
    const pages = await this.#sender.open([sql, taken()], options);
    handle.close = () => pages.close();
    const decode = decoderOf<T>(pages.columns, options);
    let page: Page = pages.first;
    try {
      for (;;) {
        for (const row of page.rows) yield decode(row);
        if (page.done) return;
        page = await pages.next();
      }
    } finally {
      handle.close = () => {};
      if (!page.done) pages.close();
    }
  }

  /** Runs a write once for each element, all or nothing. An empty list does nothing. */
  async executeBatch(
    sql: string,
    paramsList: Iterable<Params>,
    options?: CallOptions,
  ): Promise<{ changes: number }> {
    requireText(sql, 'sql');
    return this.#sender.send(
      'executeBatch',
      [sql, takeParamsList(paramsList).map(takeParams)],
      callOptions(options),
    );
  }

  /** @throws ProgrammingError for wrong SQL: here, not at the first run. */
  async prepare(sql: string, given?: CallOptions): Promise<PreparedStatement> {
    requireText(sql, 'sql');
    const options = callOptions(given);
    const columns = await this.#sender.send<readonly string[]>('prepare', [sql], options);
    return new PreparedStatement(this, sql, columns);
  }
}

/** A statement that is run often. The engine keeps it compiled; it needn't be closed. */
export class PreparedStatement {
  /** The text it was prepared from. */
  readonly sql: string;
  /** Names of the result columns when it was prepared; empty without a result. */
  readonly columns: readonly string[];
  readonly #caller: Caller;

  /** @internal Use `prepare`. */
  constructor(caller: Caller, sql: string, columns: readonly string[]) {
    this.#caller = caller;
    this.sql = sql;
    this.columns = columns;
  }

  /** Runs it. */
  execute(params?: Params, options?: CallOptions): Promise<ExecuteResult> {
    return this.#caller.execute(this.sql, params, options);
  }

  /** All rows. */
  query<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made>[]> {
    return this.#caller.query<T, Made>(this.sql, params, options);
  }

  /** The first row, or null. */
  queryOne<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made> | null> {
    return this.#caller.queryOne<T, Made>(this.sql, params, options);
  }

  /** The first row. Throws OperationalError (`NO_ROW`) where there is none. */
  fetchOne<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: ReadCallOptions<Made | NoInfer<T>>,
  ): Promise<ReadRow<T, Made>> {
    return this.#caller.fetchOne<T, Made>(this.sql, params, options);
  }

  /** Columns and rows by position. */
  queryRaw(params?: Params, options?: CallOptions): Promise<RawResult> {
    return this.#caller.queryRaw(this.sql, params, options);
  }

  /** Rows as they are read. */
  iterate<T extends RowShape<T> = Row, Made = never>(
    params?: Params,
    options?: ReadCallOptions<Made | NoInfer<T>>,
  ): AsyncGenerator<ReadRow<T, Made>, void, undefined> {
    return this.#caller.iterate<T, Made>(this.sql, params, options);
  }

  /** Runs it once for each element, all or nothing. */
  executeBatch(paramsList: Iterable<Params>, options?: CallOptions): Promise<{ changes: number }> {
    return this.#caller.executeBatch(this.sql, paramsList, options);
  }
}

/** @throws ProgrammingError for SQL that is no text, and for an option that is unknown or of a wrong type. */
function readCallOptions(sql: unknown, given: ReadCallOptions | undefined): ReadCallOptions | undefined {
  requireText(sql, 'sql');
  if (given === undefined) return undefined;
  const options = readOptions(given, 'options', ['rowMode', 'signal']);
  checkRowMode(options.rowMode);
  if (options.signal !== undefined) requireSignal(options.signal);
  return options;
}

/** The parameters as they are now; what is wrong with them is thrown when they are asked for. */
function taking(params: Params | undefined): () => Params | undefined {
  try {
    const taken = takeParams(params);
    return () => taken;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** Integers have been narrowed by the engine. */
function decoderOf<T>(columns: readonly string[], options: ReadOptions | undefined) {
  return decoder(columns, 'bigint', options?.rowMode ?? 'object') as (row: SqlValue[]) => T;
}

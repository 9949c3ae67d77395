import type { BareDatabase } from '../bare-database.ts';
import { differs } from '../check-answer.ts';
import type { Contender, Watched } from '../contender.ts';
import type { Effort, Outcome } from '../outcome.ts';
import type { TableName } from '../workloads/data.ts';
import type { Query } from '../workloads/queries.ts';
import type { Workload } from '../workloads/workload.ts';

export interface Session {
  readonly contender: Contender;
  readonly workload: Workload;
  readonly variant: string;
  /** Those this contender can ask. */
  readonly queries: readonly Query[];
  readonly effort: Effort;
}

export type Result = Omit<Extract<Outcome, { type: 'done' }>, 'type' | 'mode' | 'without'>;

/** How many live queries of one workload are compared; the rest ask the same things again. */
const compared = 1_000;

/** Live queries and what their subscribers have heard. */
export class Audience {
  readonly #queries: readonly Query[];
  readonly #watched: Watched[] = [];
  readonly #readers = new Map<TableName, number>();
  /** Kept so that no engine can think the answer unread. */
  #first: unknown;
  #length = 0;
  /** When the last of those waited for heard. */
  heardAt = 0;
  #heard = 0;
  #waitingFor = 0;
  #resolve: (() => void) | undefined;

  constructor(queries: readonly Query[]) {
    this.#queries = queries;
    for (const table of queries.flatMap(({ tables }) => tables)) {
      this.#readers.set(table, (this.#readers.get(table) ?? 0) + 1);
    }
  }

  get firstRow(): unknown {
    return this.#length === 0 ? undefined : this.#first;
  }

  async hydrate(contender: Contender): Promise<void> {
    for (const query of this.#queries) {
      const watched = contender.watch(query, (length, first) => this.#listen(length, first));
      this.#watched.push(watched instanceof Promise ? await watched : watched);
    }
  }

  /** From now on, `waiting` is about the next `count` calls to subscribers. */
  expect(count: number): void {
    this.#heard = 0;
    this.#waitingFor = count;
  }

  /** Whether subscribers still have to hear. */
  get waiting(): boolean {
    return this.#heard < this.#waitingFor;
  }

  /** Resolves when they have. @throws when that takes longer than `seconds`. */
  heard(seconds: number, of = 'a transaction'): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`Only ${this.#heard} of ${this.#waitingFor} subscribers heard of ${of}`)),
        seconds * 1000,
      );
      this.#resolve = () => {
        clearTimeout(timer);
        this.#resolve = undefined;
        resolve();
      };
    });
  }

  /** How many live queries read a table. */
  readersOf(table: TableName): number {
    return this.#readers.get(table) ?? 0;
  }

  compare(database: BareDatabase): string[] {
    const wrong: string[] = [];
    for (const [at, watched] of this.#watched.slice(0, compared).entries()) {
      const query = this.#queries[at];
      if (!query) continue;
      const difference = differs(query, watched.rows(), database.ask(query));
      if (difference !== null) wrong.push(`${query.name}(${query.params.join()}): ${difference}`);
    }
    return wrong.length > 3 ? [...wrong.slice(0, 3), `and ${wrong.length - 3} more`] : wrong;
  }

  async stop(): Promise<void> {
    for (const watched of this.#watched) await watched.stop();
    this.#watched.length = 0;
  }

  #listen(length: number, first: unknown): void {
    this.#length = length;
    this.#first = first;
    if (++this.#heard !== this.#waitingFor) return;
    this.heardAt = performance.now();
    this.#resolve?.();
  }
}

/** Lets whatever a store has put off run, unmeasured. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

import type { Database, DatabaseSync } from 'freshet';
import { type Inspector, inspect, type MaintenanceTotals } from 'freshet/reactive';
import { Pacer } from './pacer.ts';
import { type Marked, PaintLatency, quantile } from './paint-latency.ts';
import { type Extent, randomWrite } from './random-write.ts';

/** What happened in one second. Latencies are in milliseconds, and null while nobody paints. */
export interface Second {
  /** When it ended, in seconds since 1970. */
  readonly at: number;
  readonly commits: number;
  readonly p50: number | null;
  readonly p99: number | null;
  /** Live queries that a commit made look at their answers, on average; null without a commit. */
  readonly visits: number | null;
  readonly openQueries: number;
}

export interface TrafficState {
  readonly isRunning: boolean;
  /** Writes a second, as asked for. */
  readonly rate: number;
  /** The last two minutes, oldest first. */
  readonly seconds: readonly Second[];
  readonly error: Error | undefined;
}

interface Run {
  readonly pacer: Pacer;
  readonly extent: Extent;
  readonly ended: AbortSignal;
}

export const rates = { least: 1, most: 500, initial: 50 } as const;
const keptSeconds = 120;
/** Writes that may be under way: where the engine can't keep up, those that are due beyond are left out. */
const mostUnderWay = 64;
const shortestTickMs = 4;

/**
 * Writes random changes, and measures how they reach the screen; it goes on while other views are shown.
 *
 * Guarantees: every write is a call of its own, a few at a time, so that no task of the page gets long. Doesn't
 * guarantee the rate that was asked for. The hard part is the end: what is under way then still comes back.
 */
export class Traffic {
  readonly #db: Database | DatabaseSync;
  readonly #random: () => number;
  readonly #listeners = new Set<() => void>();
  readonly #latency = new PaintLatency();
  #state: TrafficState = { isRunning: false, rate: rates.initial, seconds: [], error: undefined };
  #end: AbortController | undefined;
  #pacer: Pacer | undefined;
  #underWay = 0;
  #lastMark = 0;
  #viewers = 0;

  constructor(db: Database | DatabaseSync, random: () => number = Math.random) {
    this.#db = db;
    this.#random = random;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): TrafficState => this.#state;

  /** Writes a second, from now on. */
  setRate(rate: number): void {
    const bounded = Math.min(Math.max(Math.round(rate), rates.least), rates.most);
    this.#pacer?.setRate(bounded, performance.now());
    this.#change({ rate: bounded });
  }

  /** Resolves when writing has begun; what keeps it from that is in the state. */
  async start(): Promise<void> {
    if (this.#end) return;
    const end = new AbortController();
    this.#end = end;
    this.#change({ isRunning: true, error: undefined });
    try {
      const inspector = inspect(this.#db);
      end.signal.addEventListener('abort', () => inspector.close());
      const extent = await this.#readExtent();
      let { totals } = await inspector.read({ limit: 0 });
      if (end.signal.aborted) return;
      const pacer = new Pacer(this.#state.rate, performance.now());
      this.#pacer = pacer;
      this.#writeDue({ pacer, extent, ended: end.signal });
      const sample = async (): Promise<void> => {
        totals = await this.#sample(inspector, totals, end.signal);
      };
      const timer = setInterval(() => void sample(), 1000);
      end.signal.addEventListener('abort', () => clearInterval(timer));
    } catch (error) {
      this.#fail(error, end.signal);
    }
  }

  stop(): void {
    this.#end?.abort();
    this.#end = undefined;
    this.#pacer = undefined;
    this.#latency.forget();
    this.#change({ isRunning: false });
  }

  /** While somebody shows answers, their latency is measured; the result ends that. */
  view(): () => void {
    this.#viewers += 1;
    return () => {
      this.#viewers -= 1;
      if (this.#viewers === 0) this.#latency.forget();
    };
  }

  /** These rows are being rendered among the callbacks of a frame, which is painted when all of them have run. */
  rendered(rows: readonly Marked[]): void {
    const newest = this.#latency.newest(rows);
    if (newest === undefined) return;
    const { port1, port2 } = new MessageChannel();
    // A frame's callbacks and its painting are one task; a message that is sent among them comes after.
    port1.onmessage = () => {
      port1.close();
      this.#latency.painted(newest, performance.now());
    };
    port2.postMessage(null);
  }

  async #readExtent(): Promise<Extent> {
    const extent = await this.#db.queryOne<Extent>(
      'SELECT ifnull(max(id), 0) AS issues, (SELECT ifnull(max(id), 0) FROM people) AS people FROM issues',
    );
    return extent ?? { issues: 0, people: 0 };
  }

  #writeDue(run: Run): void {
    if (run.ended.aborted) return;
    const due = Math.min(run.pacer.due(performance.now()), mostUnderWay - this.#underWay);
    for (let nth = 0; nth < due; nth++) void this.#write(run);
    setTimeout(() => this.#writeDue(run), Math.max(1000 / this.#state.rate, shortestTickMs));
  }

  async #write({ extent, ended }: Run): Promise<void> {
    // A time that no other write of this page has.
    this.#lastMark = Math.max(this.#lastMark + 1, Date.now());
    const write = randomWrite(extent, this.#lastMark, this.#random);
    if (this.#viewers > 0 && !document.hidden) this.#latency.called(write, performance.now());
    this.#underWay += 1;
    try {
      const { changes } = await this.#db.execute(write.sql, write.params);
      if (changes === 0) this.#latency.failed(write.mark);
    } catch (error) {
      this.#latency.failed(write.mark);
      this.#fail(error, ended);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Adds what has happened since `before`, and gives what has been counted until now. */
  async #sample(
    inspector: Inspector,
    before: MaintenanceTotals,
    ended: AbortSignal,
  ): Promise<MaintenanceTotals> {
    try {
      const { totals, metrics } = await inspector.read({ limit: 0 });
      if (ended.aborted) return totals;
      // An engine that has taken another's place counts from the beginning.
      const commits = Math.max(totals.commits - before.commits, 0);
      const visits = Math.max(totals.visits - before.visits, 0);
      const latencies = this.#latency.take();
      const second: Second = {
        at: Math.round(Date.now() / 1000),
        commits,
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
        visits: commits === 0 ? null : visits / commits,
        openQueries: metrics.live_incremental_count + metrics.live_reevaluated_count,
      };
      this.#change({ seconds: [...this.#state.seconds, second].slice(-keptSeconds) });
      return totals;
    } catch (error) {
      this.#fail(error, ended);
      return before;
    }
  }

  #fail(error: unknown, ended: AbortSignal): void {
    // What comes back late is no news, and an engine that another tab takes over returns by itself.
    if (ended.aborted || isRetryable(error)) return;
    this.stop();
    this.#change({ error: error instanceof Error ? error : new Error(String(error)) });
  }

  #change(part: Partial<TrafficState>): void {
    this.#state = { ...this.#state, ...part };
    for (const listener of [...this.#listeners]) listener();
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

const ofDatabases = new WeakMap<Database | DatabaseSync, Traffic>();

/** The traffic on that database: one, whichever views come and go. */
export function trafficOn(db: Database | DatabaseSync): Traffic {
  const known = ofDatabases.get(db);
  if (known) return known;
  const made = new Traffic(db);
  ofDatabases.set(db, made);
  return made;
}

import type { Row } from './engine.ts';

/** Where an engine broke a promise. */
export interface Difference {
  readonly rule: string;
  readonly detail: string;
  /** Index of the step, -1 before the first; of the live query, where it is about one. */
  readonly step: number;
  readonly live: number | null;
  readonly expected?: readonly Row[] | undefined;
  readonly actual?: readonly Row[] | undefined;
}

export interface CheckOptions {
  /** How long another program's commit may go unnoticed. */
  readonly patienceMs: number;
  /** An answer that SQLite gives when it scans otherwise is right too. */
  readonly lenient: boolean;
  /** Rules whose breach is known: it is passed over, so that others come to light. */
  readonly except: readonly string[];
}

export const strict: CheckOptions = { patienceMs: 5000, lenient: true, except: [] };

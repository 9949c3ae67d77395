import type { Params } from '../../core/values.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { Inspection } from './inspection.ts';

export interface InspectionRequest {
  /** At most so many queries: those that have cost the most. */
  readonly limit: number;
}

/** Where figures come from: the engine of this thread, or one in another. It measures until it is closed. */
export interface InspectionFeed {
  read(request: InspectionRequest): Inspection | Promise<Inspection>;
  /** @throws ProgrammingError when SQLite refuses the query. */
  explain(sql: string, params: Params | undefined): LiveExplain | Promise<LiveExplain>;
  /** A second call does nothing. */
  close(): void;
}

import type { EqualityKey } from '../../core/sql/collation.ts';
import type { Row } from '../../core/values.ts';
import type { SitePlan } from '../plan/block-plan.ts';
import type { Site } from '../plan/sites.ts';
import type { Snapshot } from '../result/snapshot.ts';
import type { Answer } from './answer.ts';
import type { SiteChanges } from './block-delta.ts';

/** An answer that is kept up to date, in whatever way. Its methods read the database as it is when called. */
export interface LiveAnswer {
  readonly snapshot: Snapshot<Row>;
  /** What is shown, for those who keep what they have seen. */
  readonly answer: Answer;
  /** Rows that are held. */
  readonly stateRows: number;
  /** Reads everything anew. */
  refresh(): void;
  /** Follows the changes of one commit, which are all there were; null where it can only be read anew. */
  readonly maintain: ((changes: SiteChanges) => void) | null;
  /** Where rows of tables come in; their changes are what it follows. */
  readonly sites: readonly SitePlan[];
  /** Has it told which rows of a joined table the answer holds, as they come and go. */
  tellPresence(site: Site, changed: (key: EqualityKey, isPresent: boolean) => void): void;
  /** Lets go of what it keeps in the database. */
  close(): void;
}

/** One that follows changes. */
export interface FollowingAnswer extends LiveAnswer {
  readonly maintain: (changes: SiteChanges) => void;
}

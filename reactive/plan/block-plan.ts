import type { Collation } from '../../core/sql/collation.ts';
import type { Predicate } from '../exact/predicate.ts';
import type { Operand } from '../query/model.ts';
import type { GroupPlan } from './group-plan.ts';
import type { Probe } from './reach.ts';
import type { Site, Survey } from './sites.ts';

/** Hidden columns of a row that say what it depends on: the key of a joined row, or its group. */
export interface KeyIndex {
  readonly positions: readonly number[];
  readonly collations: readonly Collation[];
  /** The rows of one key; `nulls` tells which of its values are NULL. Keys are bound from `firstParameter` on. */
  readonly point: (nulls: readonly boolean[]) => string;
  /** The rows of many keys, given as a JSON list of integers; null where keys are no integers. */
  readonly set: string | null;
  /** As `point`, with the columns behind that prime a group's aggregates. */
  readonly primed: (nulls: readonly boolean[]) => string;
  /** Whose row the key is; null for a group's key. */
  readonly anchor: Site | null;
}

/** What a change of one site means for one index. */
export type Reach =
  /** The changed row's own key. */
  | { readonly kind: 'self'; readonly columns: readonly number[] }
  /** Keys are found from the row's old and new images, by themselves or together with those of other sites. */
  | { readonly kind: 'images' };

/** Where a joined table's key stands in the rows of an answer. */
export interface PresenceKey {
  readonly positions: readonly number[];
  readonly collations: readonly Collation[];
}

export interface SitePlan {
  readonly site: Site;
  /** By index. */
  readonly reaches: readonly (Reach | null)[];
  /** No change of it decides which rows there are, nor their order. */
  readonly onlyShows: boolean;
  /** What a row image must satisfy to matter, as far as JavaScript can tell. */
  readonly filters: readonly Predicate[];
  /** Places in the image of all columns that are looked at; a row that changes elsewhere doesn't matter. */
  readonly used: readonly number[];
  /** Of a joined table, whose rows the answer's rows name by their key. */
  readonly presence: {
    readonly key: PresenceKey;
    /** Places in the image that decide which rows there are, and in which order. */
    readonly deciding: readonly number[];
    /** Nothing but rows that hold it depends on a row that goes. */
    readonly byKeyWhenGone: boolean;
  } | null;
}

/** Rows of one table that JavaScript filters and projects by itself. */
export interface FastRows {
  readonly site: Site;
  readonly where: readonly Predicate[];
  /** For each column of a row, hidden ones included: its place in the image. */
  readonly columns: readonly number[];
}

/** A SELECT core, and how its rows follow its tables. */
export interface BlockPlan {
  readonly kind: 'rows' | 'groups' | 'total';
  /** The whole answer: the user's columns, then hidden ones. Without ORDER BY and LIMIT. */
  readonly sql: string;
  readonly visible: number;
  /** How many columns its statements have at most. */
  readonly width: number;
  /** Where the values stand that tell one row from another. */
  readonly key: { readonly positions: readonly number[]; readonly collations: readonly Collation[] };
  /** The key's expressions; empty where conditions on them would change what the rows are. */
  readonly keyTexts: readonly string[];
  /** The rows that satisfy one more condition. */
  readonly where: (condition: string) => string;
  readonly textOf: (term: Pick<Operand, 'text'>) => string;
  readonly indexes: readonly KeyIndex[];
  readonly sites: readonly SitePlan[];
  readonly survey: Survey;
  readonly fastRows: FastRows | null;
  readonly groups: GroupPlan | null;
  /** As `sql`, with the columns behind that prime the groups' aggregates. */
  readonly primed: string;
  /** For each ORDER BY term: where its value stands. */
  readonly sortPositions: readonly number[];
  /** Keys of one index from the images of several sites at once. */
  readonly probes: (index: number, bound: readonly Site[]) => readonly Probe[];
  readonly firstParameter: number;
}

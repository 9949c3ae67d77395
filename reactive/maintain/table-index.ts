import type { TableInfo } from '../../core/catalog.ts';
import { rowKey } from '../../core/commit/row-identity.ts';
import { type EqualityKey, mayBeAltered } from '../../core/sql/collation.ts';
import { PredicateIndex } from '../fan-out/predicate-index.ts';
import type { NetChange } from './net-changes.ts';
import { PresenceIndex } from './presence.ts';
import type { SiteWatch } from './site-watch.ts';

/** Who follows one table: those found by what a changed row holds, and those whom any change concerns. */
export class TableIndex<Owner extends object> {
  /** What the table is like. */
  info: TableInfo | undefined;
  /** All of them. */
  readonly owners = new Set<Owner>();
  /** Those that can only read their answer anew. */
  readonly rereading = new Set<Owner>();
  readonly #watches: PredicateIndex<SiteWatch<Owner>>;
  /** Those for whom it counts whether they hold the row. */
  readonly #presence: PresenceIndex<Owner>;

  constructor(columnNames: readonly string[]) {
    this.#watches = new PredicateIndex(columnNames);
    this.#presence = new PresenceIndex((image) => (this.info ? rowKey(this.info, image) : null));
  }

  get isEmpty(): boolean {
    return this.owners.size === 0;
  }

  add(owner: Owner, watch: SiteWatch<Owner> | null): void {
    this.owners.add(owner);
    if (!watch) this.rereading.add(owner);
    else if (watch.presence) this.#presence.add(watch, watch.presence.deciding, watch.presence.byKeyWhenGone);
    else this.#watches.add(watch, watch.condition);
  }

  setPresent(watch: SiteWatch<Owner>, key: EqualityKey, isPresent: boolean): void {
    this.#presence.setPresent(watch, key, isPresent);
  }

  /** Takes out one of its watches; the last of them is followed by the owner itself. */
  remove(owner: Owner, watch: SiteWatch<Owner> | null): void {
    if (!watch) this.rereading.delete(owner);
    else if (watch.presence) this.#presence.remove(watch);
    else this.#watches.remove(watch);
  }

  /** Notes the changes with whom they concern. False: nothing can be told of one of them by its values. */
  note(changes: readonly NetChange[], call: (owner: Owner) => void): boolean {
    for (const change of changes) {
      for (const image of [change.before, change.after]) {
        if (!image) continue;
        if (image.some(mayBeAltered)) return false;
        this.#watches.visit(image, (watch) => {
          if (watch.note(change, image)) call(watch.owner);
        });
      }
      this.#presence.visit(change, (watch) => {
        for (const image of [change.before, change.after]) {
          if (image && watch.note(change, image)) call(watch.owner);
        }
      });
    }
    return true;
  }
}

import type { DriverRow } from '../../core/drivers/driver.ts';
import type { EqualityKey } from '../exact/collation.ts';
import type { PresenceKey } from '../plan/block-plan.ts';
import type { AnswerChange } from './answer.ts';
import type { Entry } from './entry.ts';
import { compositeKey, type NetChange } from './net-changes.ts';
import type { SiteWatch } from './site-watch.ts';

/** Which rows of a joined table an answer holds: counted, for a row may be joined with many. */
export class PresentKeys {
  readonly #key: PresenceKey;
  readonly #counts = new Map<EqualityKey, number>();
  readonly #changed: (key: EqualityKey, isPresent: boolean) => void;

  constructor(key: PresenceKey, changed: (key: EqualityKey, isPresent: boolean) => void) {
    this.#key = key;
    this.#changed = changed;
  }

  apply({ removed, added }: AnswerChange): void {
    for (const entry of added) this.#count(entry, 1);
    for (const entry of removed) this.#count(entry, -1);
  }

  /** The answer was read anew. */
  reset(entries: readonly Entry[]): void {
    for (const key of this.#counts.keys()) this.#changed(key, false);
    this.#counts.clear();
    this.apply({ removed: [], added: entries });
  }

  #count({ values }: Entry, by: 1 | -1): void {
    const own = this.#key.positions.map((position) => values[position] ?? null);
    // No row of the table: it is extended by NULLs.
    if (own.includes(null)) return;
    const key = compositeKey(own, this.#key.collations);
    const count = (this.#counts.get(key) ?? 0) + by;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
    if (count === 0 || (count === 1 && by === 1)) this.#changed(key, count > 0);
  }
}

/** Watches that ask the same of a table. */
interface Group<Owner extends object> {
  /** Places in the image that decide which rows an answer has, and in which order. */
  readonly deciding: readonly number[];
  /** A row that goes concerns only those that hold it. */
  readonly byKeyWhenGone: boolean;
  readonly all: Set<SiteWatch<Owner>>;
  readonly byKey: Map<EqualityKey, Set<SiteWatch<Owner>>>;
}

/** Finds the answers that show a row, where a change of it can't let others show it. */
export class PresenceIndex<Owner extends object> {
  readonly #keyOf: (image: DriverRow) => EqualityKey;
  readonly #groups = new Map<string, Group<Owner>>();
  readonly #groupOf = new Map<SiteWatch<Owner>, Group<Owner>>();

  constructor(keyOf: (image: DriverRow) => EqualityKey) {
    this.#keyOf = keyOf;
  }

  add(watch: SiteWatch<Owner>, deciding: readonly number[], byKeyWhenGone: boolean): void {
    const signature = `${byKeyWhenGone}:${deciding.join()}`;
    let group = this.#groups.get(signature);
    if (!group) {
      group = { deciding, byKeyWhenGone, all: new Set(), byKey: new Map() };
      this.#groups.set(signature, group);
    }
    group.all.add(watch);
    this.#groupOf.set(watch, group);
  }

  has(watch: SiteWatch<Owner>): boolean {
    return this.#groupOf.has(watch);
  }

  /** Its keys have been taken out one by one before. */
  remove(watch: SiteWatch<Owner>): void {
    this.#groupOf.get(watch)?.all.delete(watch);
    this.#groupOf.delete(watch);
  }

  setPresent(watch: SiteWatch<Owner>, key: EqualityKey, isPresent: boolean): void {
    const group = this.#groupOf.get(watch);
    if (!group) return;
    const holders = group.byKey.get(key);
    if (isPresent) {
      if (holders) holders.add(watch);
      else group.byKey.set(key, new Set([watch]));
    } else if (holders?.delete(watch) && holders.size === 0) {
      group.byKey.delete(key);
    }
  }

  visit(change: NetChange, call: (watch: SiteWatch<Owner>) => void): void {
    const { before, after } = change;
    const image = after ?? before;
    if (!image || this.#groups.size === 0) return;
    for (const { deciding, byKeyWhenGone, all, byKey } of this.#groups.values()) {
      const decides =
        before && after
          ? deciding.some((at) => !Object.is(before[at], after[at]))
          : !(before && byKeyWhenGone);
      const concerned = decides ? all : byKey.get(this.#keyOf(image));
      for (const watch of concerned ?? []) call(watch);
    }
  }
}

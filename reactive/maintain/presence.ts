import type { DriverRow } from '../../core/drivers/driver.ts';
import { compositeKey, type EqualityKey } from '../../core/sql/collation.ts';
import type { PresenceKey } from '../plan/block-plan.ts';
import type { AnswerChange } from './answer.ts';
import type { Entry } from './entry.ts';
import type { NetChange } from './net-changes.ts';
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
  readonly signature: string;
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
  /** For each watch its group, and the keys that it is found by there. */
  readonly #members = new Map<
    SiteWatch<Owner>,
    { readonly group: Group<Owner>; readonly keys: Set<EqualityKey> }
  >();

  constructor(keyOf: (image: DriverRow) => EqualityKey) {
    this.#keyOf = keyOf;
  }

  add(watch: SiteWatch<Owner>, deciding: readonly number[], byKeyWhenGone: boolean): void {
    const signature = `${byKeyWhenGone}:${deciding.join()}`;
    let group = this.#groups.get(signature);
    if (!group) {
      group = { signature, deciding, byKeyWhenGone, all: new Set(), byKey: new Map() };
      this.#groups.set(signature, group);
    }
    group.all.add(watch);
    this.#members.set(watch, { group, keys: new Set() });
  }

  remove(watch: SiteWatch<Owner>): void {
    const member = this.#members.get(watch);
    if (!member) return;
    const { group, keys } = member;
    for (const key of [...keys]) this.setPresent(watch, key, false);
    this.#members.delete(watch);
    group.all.delete(watch);
    if (group.all.size === 0) this.#groups.delete(group.signature);
  }

  setPresent(watch: SiteWatch<Owner>, key: EqualityKey, isPresent: boolean): void {
    const member = this.#members.get(watch);
    if (!member) return;
    const { group, keys } = member;
    const holders = group.byKey.get(key);
    if (isPresent) {
      keys.add(key);
      if (holders) holders.add(watch);
      else group.byKey.set(key, new Set([watch]));
    } else {
      keys.delete(key);
      if (holders?.delete(watch) && holders.size === 0) group.byKey.delete(key);
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

import type { ChangesetRecord } from '../../core/commit/changeset-record.ts';
import type { Engine } from '../../core/engine.ts';
import type { EqualityKey } from '../../core/sql/collation.ts';
import { netChanges } from './net-changes.ts';
import type { SiteWatch } from './site-watch.ts';
import { TableIndex } from './table-index.ts';

/** What somebody follows: sites by what their rows hold, or tables as a whole. */
export interface Following<Owner extends object> {
  readonly tables: ReadonlySet<string>;
  /** Any commit can change it. */
  readonly everything: boolean;
  /** None: it is read anew whenever a table changes. */
  readonly watches: readonly SiteWatch<Owner>[];
}

export interface Concerned<Owner extends object> {
  /** Changes were noted with their watches. */
  readonly noted: ReadonlySet<Owner>;
  /** They must read everything anew. */
  readonly outdated: ReadonlySet<Owner>;
}

/** From a commit to the queries that it concerns, without looking at the others. */
export class Followers<Owner extends object> {
  readonly #engine: Engine;
  readonly #tables = new Map<string, TableIndex<Owner>>();
  readonly #ofEverything = new Set<Owner>();
  /** How many follow the rows of a table. */
  readonly #demand = new Map<string, number>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Whether a change of this table can concern anybody. */
  concerns(table: string): boolean {
    return this.#ofEverything.size > 0 || this.#tables.has(table);
  }

  add(owner: Owner, following: Following<Owner>): void {
    if (following.everything) this.#ofEverything.add(owner);
    for (const table of following.tables) this.#index(table).owners.add(owner);
    if (following.watches.length === 0) {
      for (const table of following.tables) this.#index(table).add(owner, null);
    }
    for (const watch of following.watches) this.#index(tableOf(watch)).add(owner, watch);
    if (following.watches.length > 0) this.#want(following.tables, 1);
  }

  remove(owner: Owner, following: Following<Owner>): void {
    this.#ofEverything.delete(owner);
    if (following.watches.length === 0) {
      for (const table of following.tables) this.#tables.get(table)?.remove(owner, null);
    }
    for (const watch of following.watches) {
      this.#tables.get(tableOf(watch))?.remove(owner, watch);
    }
    for (const table of following.tables) {
      const index = this.#tables.get(table);
      index?.owners.delete(owner);
      if (index?.isEmpty) this.#tables.delete(table);
    }
    if (following.watches.length > 0) this.#want(following.tables, -1);
  }

  /** An answer has come to hold a row of a joined table, or holds it no longer. */
  setPresent(watch: SiteWatch<Owner>, key: EqualityKey, isPresent: boolean): void {
    this.#tables.get(tableOf(watch))?.setPresent(watch, key, isPresent);
  }

  /** Whom a commit concerns. `byRow`: its rows may be followed; otherwise only its tables count. */
  concerned(changeset: ChangesetRecord, byRow: boolean): Concerned<Owner> {
    const noted = new Set<Owner>();
    const outdated = new Set<Owner>(this.#ofEverything);
    let changes: ReturnType<typeof netChanges> | undefined;
    for (const table of changeset.tables) {
      const index = this.#tables.get(table);
      if (!index) continue;
      for (const owner of index.rereading) outdated.add(owner);
      if (index.rereading.size === index.owners.size) continue;
      let isTold = byRow && changeset.tells(table);
      if (isTold) {
        changes ??= netChanges(changeset);
        isTold = index.note(changes.get(table) ?? [], (owner) => noted.add(owner));
      }
      if (!isTold) for (const owner of index.owners) outdated.add(owner);
    }
    for (const owner of outdated) noted.delete(owner);
    return { noted, outdated };
  }

  #index(table: string): TableIndex<Owner> {
    const info = this.#engine.catalog.byKey(table);
    let index = this.#tables.get(table);
    if (!index) {
      const names = info?.columns.map(({ name }) => name) ?? [];
      index = new TableIndex(info?.rowid == null ? names : [info.rowid, ...names]);
      this.#tables.set(table, index);
    }
    // As it is for those who come now: the others come again after each change of the schema.
    index.info = info;
    return index;
  }

  /** The hub hears of the first that wants a table's rows and of the last, and of all tables at once. */
  #want(tables: ReadonlySet<string>, by: 1 | -1): void {
    const turned = new Set<string>();
    for (const table of tables) {
      const count = (this.#demand.get(table) ?? 0) + by;
      if (count > 0) this.#demand.set(table, count);
      else this.#demand.delete(table);
      if (count === 0 || (count === 1 && by === 1)) turned.add(table);
    }
    if (turned.size > 0) this.#engine.hub.demandRows(turned, by);
  }
}

function tableOf({ site }: SiteWatch<object>): string {
  return site.source.kind === 'table' ? site.source.table.name : '';
}

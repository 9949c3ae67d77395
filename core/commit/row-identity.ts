import type { TableInfo } from '../catalog.ts';
import type { DriverValue } from '../drivers/driver.ts';
import { type Collation, collationNamed, compositeKey, type EqualityKey } from '../sql/collation.ts';

/** Where the values stand in an image that tell a table's rows apart, and how they compare. */
export interface RowIdentity {
  readonly places: readonly number[];
  readonly collations: readonly Collation[];
}

const identities = new WeakMap<TableInfo, RowIdentity>();

/**
 * The rowid, or the primary key under the collations of its index, which need not be those of its columns. Not
 * for tables whose key compares by a collation that is not built in.
 */
export function identityOf(info: TableInfo): RowIdentity {
  const known = identities.get(info);
  if (known) return known;
  const made: RowIdentity =
    info.rowid === null
      ? {
          places: info.primaryKey.map((name) => info.columns.findIndex((column) => column.name === name)),
          collations: info.keyCollations.map((name) => collationNamed(name) ?? 'BINARY'),
        }
      : { places: [0], collations: ['BINARY'] };
  identities.set(info, made);
  return made;
}

/** The Map key of the row of an image: the same for the same row, whatever else has changed in it. */
export function rowKey(info: TableInfo, image: readonly DriverValue[]): EqualityKey {
  const { places, collations } = identityOf(info);
  return compositeKey(
    places.map((at) => image[at]),
    collations,
  );
}

/** Whether SQLite's own equality tells the rows of a table apart, so that `rowKey` can too. */
export function hasKnownIdentity({ rowid, withoutRowid, keyCollations }: TableInfo): boolean {
  return (
    rowid !== null || (withoutRowid && keyCollations.every((name) => collationNamed(name) !== undefined))
  );
}

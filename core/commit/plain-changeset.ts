import { jsonable } from '../json.ts';
import type { Changeset, RowChange } from './changeset.ts';
import { ownRowChanges } from './own-row-changes.ts';

/**
 * A commit as plain data, as listeners get it: it can be spread, cloned and made JSON of, where integers past 2^53
 * and blobs look as `nextJson` writes them. Rows are decoded when they are first looked at. Where they hold bytes, each
 * listener needs one of its own.
 */
export function plainChangeset(changeset: Changeset, holdsBytes: boolean): Changeset {
  const { commit_lsn, source, schema_cookie, schema_changed, tables, wide, wide_tables } = changeset;
  let own: readonly RowChange[] | undefined;
  const plain: Changeset = {
    commit_lsn,
    source,
    schema_cookie,
    schema_changed,
    tables,
    get row_changes() {
      own ??= holdsBytes ? Object.freeze(ownRowChanges(changeset.row_changes)) : changeset.row_changes;
      return own;
    },
    wide,
    wide_tables,
  };
  const toJSON = (): unknown => jsonable(plain);
  return Object.freeze(Object.defineProperty(plain, 'toJSON', { value: toJSON }));
}

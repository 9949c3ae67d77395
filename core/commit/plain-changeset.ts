import { jsonable } from '../json.ts';
import type { Changeset } from './changeset.ts';

/**
 * A commit as plain data, as listeners get it: it can be spread, cloned and made JSON of, where integers past 2^53
 * and blobs look as `nextJson` writes them. Rows are decoded when they are first looked at.
 */
export function plainChangeset(changeset: Changeset): Changeset {
  const { commit_lsn, source, schema_cookie, schema_changed, tables, wide, wide_tables } = changeset;
  const plain: Changeset = {
    commit_lsn,
    source,
    schema_cookie,
    schema_changed,
    tables,
    get row_changes() {
      return changeset.row_changes;
    },
    wide,
    wide_tables,
  };
  const toJSON = (): unknown => jsonable(plain);
  return Object.freeze(Object.defineProperty(plain, 'toJSON', { value: toJSON }));
}

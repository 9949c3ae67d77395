import { OperationalError } from '../../core/errors.ts';
import type { SqlValue } from '../../core/values.ts';

/** A row that somebody else has changed since, so that it can't be put back as it was. */
export interface Conflict {
  readonly table: string;
  /** Its primary key, or its rowid where it has none. */
  readonly key: Readonly<Record<string, SqlValue>>;
  /**
   * `changed`: columns hold others' values; `deleted`: the row has gone; `exists`: there is a row with its key;
   * `referenced`: others' rows refer to it, so that it can't go; `orphaned`: what its columns refer to has gone.
   */
  readonly reason: 'changed' | 'deleted' | 'exists' | 'referenced' | 'orphaned';
  /** The columns concerned; empty where it is about the row. */
  readonly columns: readonly string[];
}

/** Undo or redo was refused: see `conflicts`. Nothing was written, and it can be tried again. */
export class UndoConflictError extends OperationalError {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    const [first] = conflicts;
    const more = conflicts.length > 1 ? ` (and ${conflicts.length - 1} more)` : '';
    super(
      `Cannot undo: ${first ? described(first) : 'a row'}${more}. Undo with { onConflict: 'merge' } to keep what others wrote.`,
      {
        code: 'UNDO',
        subcode: 'undo.conflict',
        table: first?.table,
        column: first?.columns[0],
      },
    );
    this.conflicts = conflicts;
  }
}

function described({ table, key, reason, columns }: Conflict): string {
  const row = `the row of ${table} with ${Object.entries(key)
    .map(([name, value]) => `${name} = ${String(value)}`)
    .join(', ')}`;
  switch (reason) {
    case 'changed':
      return `others have changed ${columns.join(', ')} of ${row}`;
    case 'deleted':
      return `others have deleted ${row}`;
    case 'referenced':
      return `rows of others refer to ${row}`;
    case 'orphaned':
      return `others have deleted what ${columns.join(', ')} of ${row} referred to`;
    default:
      return `others have inserted ${row}`;
  }
}

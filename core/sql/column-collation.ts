import { parseStmt } from 'sqlite3-parser';
import type { TableInfo } from '../catalog.ts';
import { foldName } from './identifier.ts';

const collations = new WeakMap<TableInfo, ReadonlyMap<string, string>>();

/** The name, in capitals, of the collation that a column compares by; 'UNKNOWN' where its table can't be read. */
export function columnCollation(info: TableInfo, column: string): string {
  let known = collations.get(info);
  if (!known) {
    known = declaredCollations(info);
    collations.set(info, known);
  }
  return known.get(foldName(column)) ?? known.get('') ?? 'BINARY';
}

/** By folded name; '' stands for every column. SQLite takes the last COLLATE of a column. */
function declaredCollations({ kind, sql }: TableInfo): ReadonlyMap<string, string> {
  const declared = new Map<string, string>();
  // SQLite's own tables have no text.
  if (kind !== 'table' || sql === '') return declared;
  const parsed = parseStmt(sql);
  if (
    parsed.status !== 'ok' ||
    parsed.root.type !== 'CreateTableStmt' ||
    parsed.root.body.type !== 'ColumnsAndConstraintsCreateTableBody'
  ) {
    return declared.set('', 'UNKNOWN');
  }
  for (const { colName, constraints } of parsed.root.body.columns) {
    for (const { constraint } of constraints) {
      if (constraint.type === 'CollateColumnConstraint')
        declared.set(foldName(colName.text), constraint.collationName.text.toUpperCase());
    }
  }
  return declared;
}

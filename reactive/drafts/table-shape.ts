import { ProgrammingError } from '../../core/errors.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import { draftError } from './draft-error.ts';
import type { Steps } from './steps.ts';

export interface ColumnShape {
  readonly name: string;
  readonly declaredType: string;
  readonly isKey: boolean;
  readonly isGenerated: boolean;
  readonly isRequired: boolean;
  /** Its values are JSON: a draft shows them parsed. */
  readonly isJson: boolean;
}

/** A table as an update sees it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
  /** The names under which a key is given: the primary key's columns in their order, or `rowid`. */
  readonly key: readonly string[];
  /** The same as SQL, compared by the collations that tell rows apart. */
  readonly keyTerms: readonly string[];
}

const rowidNames = ['rowid', '_rowid_', 'oid'];

/** @throws ProgrammingError for a table that doesn't exist, or whose rows have no key. */
export function* tableShape(table: string, json: readonly string[]): Steps<TableShape> {
  const [columnRows, tableRows, collationRows] = yield [
    {
      kind: 'read',
      sql: 'SELECT name, type, pk, hidden, "notnull" FROM pragma_table_xinfo(?)',
      params: [table],
    },
    // Without a schema SQLite looks in temp first, then in main, then in what is attached.
    {
      kind: 'read',
      sql: `SELECT name, type, wr FROM pragma_table_list WHERE name = ? COLLATE NOCASE
        ORDER BY schema = 'temp' DESC, schema = 'main' DESC LIMIT 1`,
      params: [table],
    },
    {
      kind: 'read',
      sql: `SELECT x.name, x.coll FROM pragma_index_list(?) l, pragma_index_xinfo(l.name) x
        WHERE l.origin = 'pk' AND x.key = 1 AND x.coll COLLATE NOCASE IN ('BINARY', 'NOCASE', 'RTRIM')`,
      params: [table],
    },
  ];
  const [found] = tableRows?.rows ?? [];
  if (!found) {
    throw new ProgrammingError(`Cannot update: there is no table ${table}.`, {
      code: 'SQL',
      subcode: 'sql.relation_not_found',
      sqlstate: '42P01',
      table,
    });
  }
  const [name, kind, withoutRowid] = found;
  const all = (columnRows?.rows ?? []).map(([column, type, position, hidden, required]) => ({
    name: String(column),
    declaredType: String(type),
    position: Number(position),
    hidden: Number(hidden),
    isRequired: Number(required) === 1,
  }));
  const declared = all.filter(({ position }) => position > 0).sort((a, b) => a.position - b.position);
  const rowid = rowidNames.find((alias) => all.every((column) => column.name.toLowerCase() !== alias));
  const hasRowid = kind !== 'view' && Number(withoutRowid) === 0 && rowid !== undefined;
  if (declared.length === 0 && !hasRowid) {
    throw draftError('draft.no_key', `Cannot update: rows of ${table} have no key. Use UPDATE in SQL.`, {
      table,
    });
  }
  const collations = new Map(
    collationRows?.rows.map(([column, collation]) => [String(column), String(collation)]),
  );
  const keyTerm = (column: string): string => {
    const collation = collations.get(column);
    return collation === undefined ? quoteName(column) : `${quoteName(column)} COLLATE ${collation}`;
  };
  const unknown = json.find((column) => all.every((one) => one.name !== column));
  if (unknown !== undefined) throw unknownColumn(table, unknown);
  return {
    name: String(name),
    columns: all
      // What a virtual table hides is its machinery.
      .filter(({ hidden }) => hidden !== 1)
      .map(({ name, declaredType, position, hidden, isRequired }) => ({
        name,
        declaredType,
        isKey: position > 0,
        isGenerated: hidden > 1,
        isRequired,
        isJson: /^jsonb?$/i.test(declaredType) || json.includes(name),
      })),
    key: declared.length > 0 ? declared.map((column) => column.name) : ['rowid'],
    keyTerms: declared.length > 0 ? declared.map((column) => keyTerm(column.name)) : [rowid ?? 'rowid'],
  };
}

export function unknownColumn(table: string, column: string): ProgrammingError {
  return draftError('draft.unknown_column', `Cannot update: ${table} has no column ${column}.`, {
    table,
    column,
  });
}

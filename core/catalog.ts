import { type Expr, parseStmt, traverse } from 'sqlite3-parser';
import type { DriverConnection, DriverRow } from './drivers/driver.ts';
import { foldName, quoteName } from './sql/identifier.ts';

export interface ColumnInfo {
  readonly name: string;
  readonly declaredType: string;
  /** Position in the primary key from 1, 0 outside it. */
  readonly keyPosition: number;
  readonly isGenerated: boolean;
  /** A BEFORE trigger doesn't see its final value: it is generated, or REPLACE may put a default for NULL. */
  readonly changesAfterBefore: boolean;
}

/** A unique constraint or index, as the columns and collations that decide equality. */
export interface UniqueKey {
  readonly columns: readonly { readonly name: string; readonly collation: string }[];
}

export interface TableInfo {
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'view' | 'virtual' | 'shadow';
  readonly withoutRowid: boolean;
  readonly strict: boolean;
  /** A spelling of the rowid that no column hides; null without a reachable rowid. */
  readonly rowid: 'rowid' | '_rowid_' | 'oid' | null;
  readonly columns: readonly ColumnInfo[];
  /** The declared primary key in its own order, or empty. */
  readonly primaryKey: readonly string[];
  /** The collations by which the primary key tells rows apart, which need not be those of its columns. */
  readonly keyCollations: readonly string[];
  readonly uniqueKeys: readonly UniqueKey[];
  /** There are conflicts that `uniqueKeys` doesn't tell: a unique index on an expression, a partial one, or one
   * over columns whose values a BEFORE trigger doesn't see yet. */
  readonly hasOpaqueUniqueKey: boolean;
  readonly sql: string;
}

/** One column of a foreign key. */
export interface ForeignKeyColumn {
  readonly parent: string;
  readonly child: string;
  readonly actsOnUpdate: boolean;
  readonly actsOnDelete: boolean;
  readonly column: string;
  readonly parentColumn: string | undefined;
}

/**
 * What the schema holds, read lazily and remembered until `refresh`.
 * It doesn't notice changes by itself: the engine refreshes it when the schema cookie has moved.
 */
export class Catalog {
  readonly #connection: DriverConnection;
  readonly #tables = new Map<string, TableInfo | undefined>();
  #names: readonly string[] | undefined;
  #texts: readonly string[] | undefined;
  #foreignKeys: readonly ForeignKeyColumn[] | undefined;

  constructor(connection: DriverConnection) {
    this.#connection = connection;
  }

  refresh(): void {
    this.#tables.clear();
    this.#names = undefined;
    this.#texts = undefined;
    this.#foreignKeys = undefined;
  }

  /** The user's tables of the main database, virtual ones included; sorted. */
  tableNames(): readonly string[] {
    this.#names ??= this.#query(
      `SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
    )
      .map(([name]) => String(name))
      .filter((name) => this.table(name)?.kind !== 'shadow')
      .sort();
    return this.#names;
  }

  /** The databases beside `main` and `temp`, in the order in which SQLite looks for names. */
  attachedSchemas(): string[] {
    return this.#query(
      "SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp') ORDER BY seq",
    ).map(([name]) => String(name));
  }

  /** A table or view by name, in any case; `main` unless a schema is named. */
  table(name: string, schema = 'main'): TableInfo | undefined {
    const key = `${foldName(schema)}.${foldName(name)}`;
    if (!this.#tables.has(key)) this.#tables.set(key, this.#read(schema, name));
    return this.#tables.get(key);
  }

  /** Whether a word, such as REPLACE or FAIL, stands anywhere in the schema's own SQL. A superset of its uses. */
  mentions(word: string): boolean {
    this.#texts ??= this.#query(
      'SELECT upper(sql) FROM main.sqlite_schema WHERE sql IS NOT NULL UNION ALL ' +
        `SELECT upper(sql) FROM temp.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'freshet\\_%' ESCAPE '\\'`,
    ).map(([sql]) => String(sql));
    return this.#texts.some((text) => text.includes(word));
  }

  /** A table by its `tableKey`. */
  byKey(key: string): TableInfo | undefined {
    const at = key.indexOf('\u0000');
    return at < 0 ? this.table(key) : this.table(key.slice(at + 1), key.slice(0, at));
  }

  /** Whether a trigger may have raised this message by RAISE(FAIL), which keeps what was done before it. */
  mayRaiseFail(message: string): boolean {
    const triggers = this.#query(
      `SELECT sql FROM main.sqlite_schema WHERE type = 'trigger'
       UNION ALL SELECT sql FROM temp.sqlite_schema WHERE type = 'trigger'`,
    );
    return triggers.some(([sql]) => raisesFail(String(sql), message));
  }

  tableOfIndex(index: string): string | undefined {
    const [row] = this.#query("SELECT tbl_name FROM main.sqlite_schema WHERE type = 'index' AND name = ?", [
      index,
    ]);
    return row && String(row[0]);
  }

  /** The columns of a table that refer to others. */
  foreignKeyColumns({ name: table, schema }: TableInfo): string[] {
    return this.#query('SELECT DISTINCT "from" FROM pragma_foreign_key_list(?, ?)', [table, schema]).map(
      ([name]) => String(name),
    );
  }

  /** Whether any table's foreign key refers to this one. */
  isReferenced(table: string): boolean {
    return this.foreignKeys().some(({ parent }) => foldName(parent) === foldName(table));
  }

  /** The user's triggers of a table or view, in `main` and in `temp`. */
  triggers(table: string): { readonly sql: string; readonly temporary: boolean }[] {
    return this.#query(
      `SELECT sql, 0 FROM main.sqlite_schema WHERE type = 'trigger' AND lower(tbl_name) = lower(?1)
       UNION ALL SELECT sql, 1 FROM temp.sqlite_schema
       WHERE type = 'trigger' AND lower(tbl_name) = lower(?1) AND name NOT LIKE 'freshet\\_%' ESCAPE '\\'`,
      [table],
    ).map(([sql, temporary]) => ({ sql: String(sql), temporary: temporary === 1n }));
  }

  /** Every foreign key, once for each column of it. */
  foreignKeys(): readonly ForeignKeyColumn[] {
    this.#foreignKeys ??= this.#query(
      `SELECT k."table", t.name, k.on_update, k.on_delete, k.seq, k."from", k."to"
       FROM main.sqlite_schema t, pragma_foreign_key_list(t.name) k WHERE t.type = 'table'`,
    ).map(([parent, child, onUpdate, onDelete, seq, from, to]) => ({
      parent: String(parent),
      child: String(child),
      actsOnUpdate: isAction(onUpdate),
      actsOnDelete: isAction(onDelete),
      column: String(from),
      // Without a name it refers to the primary key.
      parentColumn: to === null ? this.table(String(parent))?.primaryKey[Number(seq)] : String(to),
    }));
    return this.#foreignKeys;
  }

  /** Whether an index, or the rowid, finds rows by this column. */
  isIndexed({ name, schema, primaryKey }: TableInfo, column: string): boolean {
    const [row] = this.#query(
      `SELECT 1 FROM pragma_index_list(?1, ?2) l, pragma_index_xinfo(l.name, ?2) x
       WHERE x.key = 1 AND lower(x.name) = lower(?3)`,
      [name, schema, column],
    );
    return row !== undefined || primaryKey.some((one) => foldName(one) === foldName(column));
  }

  #read(schema: string, name: string): TableInfo | undefined {
    const [row] = this.#query(
      'SELECT schema, name, type, wr, strict FROM pragma_table_list(?) WHERE lower(schema) = lower(?)',
      [name, schema],
    );
    if (!row) return undefined;
    const sql = this.#query(
      `SELECT sql FROM ${quoteName(schema)}.sqlite_schema WHERE lower(name) = lower(?)`,
      [name],
    )[0]?.[0];
    // Table-valued functions are listed too, but no schema holds them.
    if (!sql && !String(row[1]).startsWith('sqlite_')) return undefined;
    const table = String(row[1]);
    const kind = String(row[2]) as TableInfo['kind'];
    const columns = this.#query(
      'SELECT name, type, pk, hidden > 1, "notnull" AND dflt_value IS NOT NULL FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1',
      [table, schema],
    ).map(([column, type, pk, isGenerated, hasDefault]) => ({
      name: String(column),
      declaredType: String(type),
      keyPosition: Number(pk),
      isGenerated: isGenerated === 1n,
      changesAfterBefore: isGenerated === 1n || hasDefault === 1n,
    }));
    const withoutRowid = row[3] === 1n;
    const primaryKey = columns
      .filter(({ keyPosition }) => keyPosition > 0)
      .sort((a, b) => a.keyPosition - b.keyPosition)
      .map((column) => column.name);
    return {
      schema: String(row[0]),
      name: table,
      kind,
      withoutRowid,
      strict: row[4] === 1n,
      rowid: withoutRowid || kind === 'view' ? null : freeRowidName(columns),
      columns,
      primaryKey,
      keyCollations: this.#keyCollations(schema, table, primaryKey),
      ...(kind === 'table'
        ? this.#uniqueKeys(schema, table, columns)
        : { uniqueKeys: [], hasOpaqueUniqueKey: false }),
      sql: String(sql ?? ''),
    };
  }

  #keyCollations(schema: string, table: string, primaryKey: readonly string[]): string[] {
    const terms = this.#query(
      `SELECT x.name, x.coll FROM pragma_index_list(?1, ?2) l, pragma_index_xinfo(l.name, ?2) x
       WHERE l.origin = 'pk' AND x.key = 1`,
      [table, schema],
    );
    return primaryKey.map((column) => {
      const collations = new Set(
        terms.filter(([name]) => name === column).map(([, name]) => String(name).toUpperCase()),
      );
      // A column may be in the key twice. What two of the built-in collations hold equal is equal under BINARY;
      // an INTEGER PRIMARY KEY has no index.
      const [only = 'BINARY'] = collations;
      return collations.size > 1 ? 'BINARY' : only;
    });
  }

  #uniqueKeys(
    schema: string,
    table: string,
    columns: readonly ColumnInfo[],
  ): Pick<TableInfo, 'uniqueKeys' | 'hasOpaqueUniqueKey'> {
    const uniqueKeys: UniqueKey[] = [];
    let hasOpaqueUniqueKey = false;
    const indexes = this.#query('SELECT name, partial FROM pragma_index_list(?, ?) WHERE "unique" = 1', [
      table,
      schema,
    ]);
    for (const [index, partial] of indexes) {
      const terms = this.#query('SELECT cid, name, coll FROM pragma_index_xinfo(?, ?) WHERE key = 1', [
        String(index),
        schema,
      ]);
      const isUnforeseen = columns.some(
        (column) => column.changesAfterBefore && terms.some(([, name]) => name === column.name),
      );
      if (isUnforeseen || partial === 1n || terms.some(([cid]) => typeof cid === 'bigint' && cid < 0n)) {
        hasOpaqueUniqueKey = true;
        continue;
      }
      uniqueKeys.push({
        columns: terms.map(([, column, collation]) => ({
          name: String(column),
          collation: String(collation),
        })),
      });
    }
    return { uniqueKeys, hasOpaqueUniqueKey };
  }

  #query(sql: string, params: readonly string[] = []): DriverRow[] {
    return this.#connection.prepare(sql).all(params);
  }
}

function freeRowidName(columns: readonly ColumnInfo[]): TableInfo['rowid'] {
  const taken = new Set(columns.map(({ name }) => foldName(name)));
  return (['rowid', '_rowid_', 'oid'] as const).find((name) => !taken.has(name)) ?? null;
}

/** The foreign key changes rows of its own table, rather than forbidding the parent's change. */
function isAction(action: DriverRow[number] | undefined): boolean {
  return action !== 'NO ACTION' && action !== 'RESTRICT';
}

function raisesFail(trigger: string, message: string): boolean {
  const parsed = parseStmt(trigger);
  if (parsed.status === 'error') return true;
  let raises = false;
  traverse(parsed.root, {
    nodes: {
      RaiseExpr({ resolve, message: text }) {
        if (resolve === 'Fail') raises ||= text?.type !== 'StringLiteral' || text.value === message;
      },
    },
  });
  return raises;
}

/** The CHECK of a table that has this name or text, and its column if it is about one. */
export function findCheck(info: TableInfo, text: string): { readonly column?: string } | undefined {
  const parsed = parseStmt(info.sql);
  if (parsed.status === 'error' || parsed.root.type !== 'CreateTableStmt') return undefined;
  const { body } = parsed.root;
  if (body.type !== 'ColumnsAndConstraintsCreateTableBody') return undefined;
  const isIt = (name: string | undefined, expr: Expr): boolean =>
    name === text || info.sql.slice(expr.span.offset, expr.span.offset + expr.span.length).trim() === text;
  for (const column of body.columns) {
    for (const { name, constraint } of column.constraints) {
      if (constraint.type === 'CheckColumnConstraint' && isIt(name?.text, constraint.expr)) {
        return { column: column.colName.text };
      }
    }
  }
  for (const { name, constraint } of body.constraints ?? []) {
    if (constraint.type !== 'CheckTableConstraint' || !isIt(name?.text, constraint.expr)) continue;
    const mentioned = new Set<string>();
    traverse(constraint.expr, { nodes: { Id: (node) => void mentioned.add(foldName(node.name)) } });
    const columns = info.columns.filter((column) => mentioned.has(foldName(column.name)));
    return columns.length === 1 && columns[0] ? { column: columns[0].name } : {};
  }
  return undefined;
}

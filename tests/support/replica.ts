import type { Changeset, DatabaseSync, Row, RowChange, SqlValue } from 'freshet';
import { expect } from 'vitest';

/** A text that tells any two values apart, in their types too. */
export function valueText(value: SqlValue): string {
  if (value instanceof Uint8Array) return `blob ${Buffer.from(value).toString('hex')}`;
  if (typeof value === 'number') return `number ${Object.is(value, -0) ? '-0' : value}`;
  return `${typeof value} ${value}`;
}

export function rowText(row: Readonly<Row>): string {
  return Object.keys(row)
    .map((name) => `${JSON.stringify(name)}=${JSON.stringify(valueText(row[name] as SqlValue))}`)
    .join(' ');
}

/**
 * A copy of some tables that is fed by nothing but row changes. It refuses a change whose `before` it doesn't
 * hold, so it is exact at every step and not only in the end.
 */
export class Replica {
  readonly #db: DatabaseSync;
  readonly #tables = new Map<string, Map<string, number>>();
  readonly #keys = new Map<string, readonly string[]>();

  constructor(db: DatabaseSync, tables: readonly string[]) {
    this.#db = db;
    for (const table of tables) {
      this.#tables.set(table, this.#read(table));
      this.#keys.set(
        table,
        db
          .query<{ name: string }>('SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk', [table])
          .map(({ name }) => name),
      );
    }
  }

  /** Follows one commit, and compares with the database. Tables known only by name are read again. */
  follow(changeset: Changeset): void {
    for (const change of changeset.row_changes) this.apply(change);
    if (changeset.wide) {
      const told = new Set(changeset.row_changes.map(({ table }) => table));
      for (const table of changeset.tables) {
        if (!told.has(table)) this.#tables.set(table, this.#read(table));
      }
    }
    this.check();
  }

  apply(change: RowChange): void {
    const { table, operation, before, after, primary_key } = change;
    const rows = this.#tables.get(table);
    if (!rows) throw new Error(`A change of ${table}, which this replica does not follow`);
    expect([before !== null, after !== null], operation).toEqual(
      {
        insert: [false, true],
        update: [true, true],
        delete: [true, false],
      }[operation],
    );
    if (before) {
      const text = rowText(before);
      const count = rows.get(text) ?? 0;
      expect(
        count,
        `${operation} of ${table}: the row before it is ${text}, but there are ${[...rows.keys()].join('\n')}`,
      ).toBeGreaterThan(0);
      if (count === 1) rows.delete(text);
      else rows.set(text, count - 1);
    }
    if (after) rows.set(rowText(after), (rows.get(rowText(after)) ?? 0) + 1);
    const row = after ?? before ?? {};
    const keys = this.#keys.get(table) ?? [];
    expect(primary_key).toStrictEqual(Object.fromEntries(keys.map((name) => [name, row[name]])));
    expect(change.detail).toBe('full_row');
  }

  /** Compares with what SQLite says. */
  check(): void {
    for (const [table, rows] of this.#tables) {
      expect(Object.fromEntries([...rows].sort()), table).toEqual(
        Object.fromEntries([...this.#read(table)].sort()),
      );
    }
  }

  #read(table: string): Map<string, number> {
    const rows = new Map<string, number>();
    for (const row of this.#db.query(`SELECT * FROM main."${table.replaceAll('"', '""')}"`)) {
      rows.set(rowText(row), (rows.get(rowText(row)) ?? 0) + 1);
    }
    return rows;
  }
}

import type { BareDatabase } from './bare.ts';
import { answerDifference, contentOf } from './compare.ts';
import type { Row } from './engine.ts';
import { quoted } from './names.ts';
import type { Query } from './queries.ts';

/**
 * Which groups a commit affects, by the rule of section 4.2 C of maintaining-sql.md or by one of its wrong
 * simplifications. Each affected table is replaced by its old or its new images while the query runs.
 */
export type KeyRule =
  | 'every subset of the changed tables'
  | 'one changed table at a time'
  | 'new images only';

type Tables = ReadonlyMap<string, readonly Row[]>;

/** A table's rows that a commit took away, and those that it brought. */
interface Images {
  readonly table: string;
  readonly old: readonly Row[];
  readonly new: readonly Row[];
}

/** One grouped query, kept by a rule: only groups that the rule reaches are looked at again. */
export class RuledAnswer {
  readonly #db: BareDatabase;
  readonly #query: Query;
  readonly #rule: KeyRule;
  #rows: Map<string, Row>;

  constructor(db: BareDatabase, query: Query, rule: KeyRule) {
    this.#db = db;
    this.#query = query;
    this.#rule = rule;
    this.#rows = this.#fresh();
  }

  #fresh(): Map<string, Row> {
    return new Map(this.#db.query(this.#query.sql, this.#query.params).map((row) => [this.#keyOf(row), row]));
  }

  #keyOf(row: Row): string {
    return contentOf(Object.fromEntries((this.#query.keys ?? []).map((name) => [name, row[name] ?? null])));
  }

  /** Maintains the answer through a commit. Gives the difference from a fresh one, and starts anew from that. */
  commit(images: readonly Images[]): string | null {
    const reached = new Set<string>();
    for (const replaced of this.#probes(images)) {
      for (const key of withTables(this.#db, replaced, () => this.#fresh()).keys()) reached.add(key);
    }
    const fresh = this.#fresh();
    const kept = [...this.#rows].filter(([key]) => !reached.has(key)).map(([, row]) => row);
    const rerun = [...fresh].filter(([key]) => reached.has(key)).map(([, row]) => row);
    this.#rows = fresh;
    return answerDifference(
      { ...this.#query, order: 'open', sorted: [] },
      [...fresh.values()],
      [...kept, ...rerun],
    );
  }

  /** What the tables are replaced by, probe by probe. */
  #probes(images: readonly Images[]): Tables[] {
    const sides = this.#rule === 'new images only' ? (['new'] as const) : (['old', 'new'] as const);
    let probes: Tables[] = [new Map()];
    for (const image of images) {
      const without = this.#rule === 'every subset of the changed tables' ? probes : [probes[0] as Tables];
      const more = without.flatMap((probe) =>
        sides.map((side) => new Map([...probe, [image.table, image[side]]])),
      );
      probes = [...probes, ...more];
    }
    return probes.slice(1);
  }
}

/** Runs with some tables holding other rows, and puts everything back. */
function withTables<R>(db: BareDatabase, tables: Tables, run: () => R): R {
  db.sqlite.exec('PRAGMA foreign_keys = 0; BEGIN');
  try {
    for (const [table, rows] of tables) {
      db.sqlite.exec(`DELETE FROM ${quoted(table)}`);
      for (const row of rows) {
        const names = Object.keys(row).map(quoted).join(', ');
        db.sqlite.exec(
          `INSERT INTO ${quoted(table)} (${names}) VALUES (${Object.values(row).map(String).join(', ')})`,
        );
      }
    }
    return run();
  } finally {
    db.sqlite.exec('ROLLBACK; PRAGMA foreign_keys = 1');
  }
}

/** Every row as literals, without generated columns: 1 and 1.0 are one number in JavaScript. */
export function readTables(db: BareDatabase): Tables {
  const tables = db.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'");
  return new Map(
    tables.map((table) => {
      const name = String(table.name);
      const info = db.query('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0', [name]);
      const columns = info.map((column) => quoted(String(column.name)));
      const shown = columns.map((column) => `quote(${column}) AS ${column}`).join(', ');
      return [name, db.query(`SELECT ${shown} FROM ${quoted(name)}`)] as const;
    }),
  );
}

/** What changed between two states, table by table. */
export function imagesBetween(before: Tables, after: Tables): Images[] {
  return [...after].flatMap(([table, rows]) => {
    const gone = missingFrom(rows, before.get(table) ?? []);
    const come = missingFrom(before.get(table) ?? [], rows);
    return gone.length + come.length === 0 ? [] : [{ table, old: gone, new: come }];
  });
}

/** The rows of `list` that `others` lacks, counted. */
function missingFrom(others: readonly Row[], list: readonly Row[]): Row[] {
  const counts = new Map<string, number>();
  for (const row of others) counts.set(contentOf(row), (counts.get(contentOf(row)) ?? 0) + 1);
  return list.filter((row) => {
    const left = (counts.get(contentOf(row)) ?? 0) - 1;
    counts.set(contentOf(row), left);
    return left < 0;
  });
}

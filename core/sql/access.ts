import type { Catalog, TableInfo } from '../catalog.ts';
import type { AccessAction } from '../drivers/driver.ts';

/** What SQLite said a statement touches while it compiled it: through views, triggers and foreign keys. */
export class Access {
  readonly #reads = new Map<string, readonly [name: string, schema: string | null]>();
  readonly #writes = new Map<string, readonly [name: string, schema: string | null]>();
  readonly #schemaTables = new Set<string>();
  readonly #functions = new Set<string>();
  /** A common table expression refers to itself. */
  recursive = false;

  /** A trigger writes; what it changes doesn't count as the statement's own changes. */
  firesTriggers = false;

  record(action: AccessAction, subject: string | null, schema: string | null, within: string | null): void {
    if (action === 'recursive') this.recursive = true;
    if (subject === null) return;
    if (action === 'function') this.#functions.add(subject.toLowerCase());
    else if (action === 'read') this.#reads.set(`${schema}.${subject}`, [subject, schema]);
    else if (action === 'insert' || action === 'update' || action === 'delete') {
      if (within !== null) this.firesTriggers = true;
      this.#writes.set(`${schema}.${subject}`, [subject, schema]);
    } else if (action === 'schema') {
      this.#schemaTables.add(subject);
    }
  }

  /** The tables written, by their declared names; those of other databases by `tableKey`. */
  writes(catalog: Catalog): string[] {
    return resolve(this.#writes.values(), catalog).tables;
  }

  /** The tables read, named as in `writes`; and names behind which there is no table or view. */
  reads(catalog: Catalog): { readonly tables: string[]; readonly unknown: string[] } {
    return resolve(this.#reads.values(), catalog);
  }

  /** What is read, whether there is such a table or not; in lower case. */
  get readNames(): readonly string[] {
    return [...this.#reads.values()].map(([name]) => name.toLowerCase());
  }

  /** The functions called, in lower case. */
  get functions(): readonly string[] {
    return [...this.#functions];
  }

  /** The tables that a schema statement names. */
  get schemaTables(): ReadonlySet<string> {
    return this.#schemaTables;
  }
}

/**
 * One text for one table: its declared name in the main database. A table of `temp` or of an attached
 * database, which only one connection can see, is told by a NUL, which no table's name holds.
 */
export function tableKey({ schema, name }: Pick<TableInfo, 'schema' | 'name'>): string {
  return schema === 'main' ? name : `${schema}\u0000${name}`;
}

export function isLocal(table: string): boolean {
  return table.includes('\u0000');
}

/** A table's own name, whatever database it is in. */
export function nameOf(table: string): string {
  return table.slice(table.indexOf('\u0000') + 1);
}

/** A table's name for people. */
export function displayName(table: string): string {
  return table.replace('\u0000', '.');
}

function resolve(names: Iterable<readonly [name: string, schema: string | null]>, catalog: Catalog) {
  const tables = new Set<string>();
  const unknown = new Set<string>();
  for (const [name, schema] of names) {
    // `count(*)` is reported without a schema: the innermost one that has the name, as SQLite resolves it.
    const table =
      schema === null ? (catalog.table(name, 'temp') ?? catalog.table(name)) : catalog.table(name, schema);
    if (!table) {
      unknown.add(name);
    } else if (table.kind !== 'view') {
      tables.add(tableKey(table));
    }
  }
  return { tables: [...tables], unknown: [...unknown] };
}

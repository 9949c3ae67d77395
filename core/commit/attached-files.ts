import type { DriverConnection } from '../drivers/driver.ts';
import type { FileSystem } from '../file-system.ts';
import { quoteName } from '../sql/identifier.ts';
import { ExternalCommits } from './external-commits.ts';
import { FileWitness } from './file-witness.ts';

interface AttachedFile {
  readonly path: string;
  readonly witness: FileWitness;
  readonly events: ExternalCommits;
  cookie: unknown;
  /** A commit was seen, and couldn't be reported yet. */
  isOwed: boolean;
}

/** What another connection has committed to an attached file. */
export interface AttachedChange {
  readonly schema: string;
  readonly schemaChanged: boolean;
  /** Every table, by its declared name. */
  readonly tables: readonly string[];
}

interface AttachedFilesParts {
  readonly connection: DriverConnection;
  readonly files: FileSystem | null;
  readonly pollIntervalMs: number;
  /** Runs a look at a file; a lock that is in the way ends it. */
  readonly attempt: (look: () => void) => void;
  readonly report: (change: AttachedChange) => void;
}

/**
 * The files that one connection has attached, as others write them: each is looked at as the main file is.
 * `update` must be called after ATTACH and DETACH, before anything is read for a live query or a watch.
 */
export class AttachedFiles {
  readonly #parts: AttachedFilesParts;
  readonly #attached = new Map<string, AttachedFile>();

  constructor(parts: AttachedFilesParts) {
    this.#parts = parts;
  }

  /** Follows what is attached now; what was committed before the first look is no change. */
  update(): void {
    if (this.#parts.files === null) return;
    const rows = this.#query(
      "SELECT name, file FROM pragma_database_list WHERE name NOT IN ('main', 'temp')",
    );
    const present = new Map(rows.map(([name, file]) => [String(name), String(file ?? '')]));
    for (const [schema, file] of this.#attached) {
      if (present.get(schema) === file.path) continue;
      file.events.stop();
      this.#attached.delete(schema);
    }
    for (const [schema, path] of present) {
      // In memory, or temporary: no other connection reaches it.
      if (path !== '' && !this.#attached.has(schema)) this.#follow(schema, path);
    }
  }

  get isEmpty(): boolean {
    return this.#attached.size === 0;
  }

  stop(): void {
    for (const { events } of this.#attached.values()) events.stop();
    this.#attached.clear();
  }

  #follow(schema: string, path: string): void {
    const { connection, files, pollIntervalMs, attempt } = this.#parts;
    const events = new ExternalCommits(path, files, pollIntervalMs, () => attempt(() => this.#look(schema)));
    const witness = new FileWitness(connection, path, files, schema);
    this.#attached.set(schema, { path, witness, events, cookie: undefined, isOwed: false });
    attempt(() => this.#note(schema));
    events.start();
  }

  /** Takes the file as it is. @throws when a lock is held; then the next look reports a change. */
  #note(schema: string): void {
    const file = this.#attached.get(schema);
    if (!file) return;
    file.isOwed = true;
    file.witness.sawForeignCommit();
    file.cookie = this.#cookie(schema, file);
    file.isOwed = false;
  }

  #look(schema: string): void {
    const file = this.#attached.get(schema);
    if (!file || this.#parts.connection.inTransaction) return;
    if (!file.isOwed && !(file.witness.looksChanged && file.witness.sawForeignCommit())) return;
    file.isOwed = true;
    const cookie = this.#cookie(schema, file);
    const tables = file.witness.withoutWaiting(() =>
      this.#query(`SELECT name FROM ${quoteName(schema)}.sqlite_schema WHERE type = 'table'`),
    );
    const schemaChanged = cookie !== file.cookie;
    file.cookie = cookie;
    file.isOwed = false;
    this.#parts.report({ schema, schemaChanged, tables: tables.map(([name]) => String(name)) });
  }

  #cookie(schema: string, { witness }: AttachedFile): unknown {
    return witness.withoutWaiting(() => this.#query(`PRAGMA ${quoteName(schema)}.schema_version`)[0]?.[0]);
  }

  #query(sql: string) {
    return this.#parts.connection.prepare(sql).all([]);
  }
}

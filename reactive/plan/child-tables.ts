import type { Engine } from '../../core/engine.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import { createChild } from './child-plan.ts';
import type { QueryPlan } from './query-plan.ts';

/** Holds as many rows as a write of the application has changed. */
const pad = 'freshet_pad';

/**
 * The TEMP tables of one connection that hold the answers of SELECTs inside of others.
 * They come with a plan's first user and go with its last: at once, or when no transaction or open statement
 * is in the way any more.
 */
export class ChildTables {
  readonly #engine: Engine;
  readonly #users = new Map<QueryPlan, number>();
  readonly #garbage = new Set<string>();
  #changes: number | undefined;
  #names = 0;
  #temporaryGeneration: number;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#temporaryGeneration = engine.temporaryGeneration;
  }

  /** A name that no other plan has. */
  nextName(): string {
    return `freshet_child_${++this.#names}`;
  }

  /** Makes those that a plan needs, unless they are there. */
  acquire(plan: QueryPlan): void {
    if (plan.children.length === 0) return;
    const users = this.#users.get(plan) ?? 0;
    if (users === 0) this.#createAll(plan);
    this.#users.set(plan, users + 1);
  }

  release(plan: QueryPlan): void {
    const users = this.#users.get(plan);
    if (users === undefined) return;
    if (users > 1) {
      this.#users.set(plan, users - 1);
      return;
    }
    this.#users.delete(plan);
    for (const table of tablesOf(plan)) this.#garbage.add(table);
    // Before its own table goes, too.
    this.restoreChanges();
    if (this.#users.size === 0) this.#garbage.add(pad);
    this.sweep();
  }

  /** The application's own write is what `changes()` tells of; a write of ours comes next. */
  rememberChanges(): void {
    this.#restore();
    this.#changes ??= Number(this.#engine.connection.prepare('SELECT changes()').get([])?.[0] ?? 0);
  }

  /** Makes `changes()` what it was: only a statement that changes as many rows can. */
  restoreChanges(): void {
    const count = this.#changes;
    this.#changes = undefined;
    if (count === undefined || this.#engine.isClosed) return;
    try {
      this.#engine.queryOnly.lifted(() => this.#engine.guard(() => this.#setChanges(count)));
    } catch (error) {
      // The commit and the answers stand, whatever `changes()` tells.
      this.#engine.reportError(error, { during: 'restoring changes()' });
    }
  }

  #setChanges(count: number): void {
    const { connection } = this.#engine;
    // A rollback may have taken it.
    connection.exec(`CREATE TEMP TABLE IF NOT EXISTS ${pad} ("i" INTEGER PRIMARY KEY) WITHOUT ROWID`);
    this.#garbage.delete(pad);
    connection
      .prepare(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
         INSERT OR IGNORE INTO temp.${pad} SELECT i FROM n WHERE i <= ?1`,
      )
      .run([BigInt(count)]);
    connection.prepare(`UPDATE temp.${pad} SET "i" = "i" WHERE "i" <= ?1`).run([BigInt(count)]);
  }

  /**
   * Makes lost tables again, empty: the loss outdates every plan, and answers by outdated plans still take their
   * rows out of them.
   */
  #restore(): void {
    const { temporaryGeneration } = this.#engine;
    if (this.#temporaryGeneration === temporaryGeneration) return;
    for (const plan of this.#users.keys()) this.#create(plan);
    this.#temporaryGeneration = temporaryGeneration;
  }

  /** Drops what nobody uses any more. */
  sweep(): void {
    if (this.#garbage.size === 0 || this.#engine.isClosed || this.#engine.inTransaction) return;
    const drop = (table: string): void =>
      this.#engine.connection.exec(`DROP TABLE IF EXISTS temp.${quoteName(table)}`);
    for (const table of this.#garbage) {
      try {
        this.#engine.queryOnly.lifted(() => drop(table));
        this.#garbage.delete(table);
      } catch {
        // An open iteration keeps SQLite from dropping anything; the next sweep tries again.
        return;
      }
    }
  }

  /** @throws what SQLite says, an open statement being in the way, say; then none of them counts as made. */
  #createAll(plan: QueryPlan): void {
    try {
      this.#create(plan);
    } catch (error) {
      for (const table of tablesOf(plan)) this.#garbage.add(table);
      throw error;
    }
  }

  #create(plan: QueryPlan): void {
    for (const child of plan.children) {
      this.#create(child.plan);
      this.#engine.connection.exec(createChild(child));
      // It has waited to be dropped, an open statement being in the way, say: the same plan has the same table.
      if (this.#garbage.delete(child.table)) {
        this.rememberChanges();
        this.#engine.connection.exec(`DELETE FROM temp.${quoteName(child.table)}`);
      }
      const linked = new Set(
        plan.blocks.flatMap(({ survey }) =>
          survey.links.flatMap(({ from, column }) =>
            from.source.kind === 'child' && from.source.child === child ? [column] : [],
          ),
        ),
      );
      for (const column of linked) {
        const name = quoteName(`${child.table}_${column}`);
        this.#engine.connection.exec(
          `CREATE INDEX IF NOT EXISTS temp.${name} ON ${quoteName(child.table)} ("m", "c${column}")`,
        );
      }
    }
  }
}

function tablesOf(plan: QueryPlan): string[] {
  return plan.children.flatMap((child) => [...tablesOf(child.plan), child.table]);
}

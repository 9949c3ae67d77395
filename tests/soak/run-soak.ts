import type { Subscription } from 'rxjs';
import { engineOf } from '../../core/engine-key.ts';
import { openSync } from '../../core/index.ts';
import { type LiveQuery, live, settled } from '../../reactive/index.ts';
import { answerDifference } from '../oracle/compare.ts';
import { makeSchemaChange } from '../oracle/ddl.ts';
import type { Catalog } from '../oracle/grammar.ts';
import { quoted } from '../oracle/names.ts';
import { noHooks, runStep } from '../oracle/program.ts';
import { createView, makeQuery, makeView, type Query } from '../oracle/queries.ts';
import { Random } from '../oracle/random.ts';
import { createTable, type Table } from '../oracle/schema.ts';
import { fill } from '../oracle/statements.ts';
import { thinOut } from '../oracle/steps.ts';
import { makeTameSchema } from '../oracle/tame-schema.ts';
import { makeTameSteps } from '../oracle/tame-steps.ts';
import { answerOf } from '../oracle/twin.ts';
import { type Line, lineThrough } from './line-through.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  /** How long until all live values are compared, and memory is measured. */
  readonly everySeconds: number;
  /** How many live queries are open, give or take. */
  readonly lives: number;
  readonly log?: (line: string) => void;
}

export interface SoakSample {
  readonly second: number;
  readonly heapMB: number;
  readonly rssMB: number;
  /** Compiled and kept. */
  readonly statements: number;
  readonly triggers: number;
  readonly tempTables: number;
  readonly lives: number;
  /** In all, so far. */
  readonly opened: number;
  readonly incremental: number;
  readonly commits: number;
}

export interface SoakResult {
  readonly samples: readonly SoakSample[];
  readonly comparisons: number;
  /** How many live queries there were in all. */
  readonly opened: number;
  readonly drift: readonly string[];
  /** Live queries whose SQL failed for a while, and ended for that. */
  readonly ended: number;
  /** Of the heap, over the second half, once caches are full. */
  readonly heap: Line;
  /** Null where the run was too short to tell. */
  readonly isFlat: boolean | null;
  /** What is left of triggers and TEMP tables when the last live query has closed. */
  readonly left: number;
}

interface Open {
  readonly query: Query;
  readonly live: LiveQuery;
  readonly subscriptions: Subscription[];
  /** What ended it. */
  error: unknown;
}

const mostRows = 300;
const rowsPerTable = 120;
/** Live queries come and go, and with them their rows; more than this a minute is a leak. */
const flatMBPerMinute = 0.5;
/** By then the engine's caches of plans and statements are full, and what grows from there on is a leak. */
const warmAfterOpened = 800;

/**
 * One long-lived database under random writes, DDL now and then, and hundreds of live queries that come and go. Looks
 * for what only time shows: answers that drift, and memory, triggers or statements that stay behind.
 */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { seed, seconds, everySeconds, log = () => {} } = options;
  const random = new Random(seed);
  using db = openSync(':memory:', { statementCacheSize: 512 });
  const catalog = makeDatabase(random, (sql) => db.exec(sql));
  const open: Open[] = [];
  const samples: SoakSample[] = [];
  const drift: string[] = [];
  let [comparisons, opened, commits] = [0, 0, 0];
  let ended = false;
  let ends = 0;
  const unsubscribe = db.subscribe(() => commits++);
  const start = performance.now();
  const elapsed = (): number => (performance.now() - start) / 1000;

  const openOne = (): void => {
    const query = makeQuery(random, catalog);
    const rows = answerOf(db, query);
    if (!rows || rows.length > mostRows) return;
    const schedule = random.pick(['sync', 'microtask'] as const);
    const asked = live(db, query.sql, query.params, { schedule });
    const entry: Open = { query, live: asked, subscriptions: [], error: null };
    const error = (cause: unknown): void => {
      entry.error = cause;
      ended = true;
    };
    entry.subscriptions.push(asked.subscribe({ error }), asked.changes.subscribe({ error }));
    open.push(entry);
    opened++;
  };
  const closeOne = (index: number): void => {
    const [entry] = open.splice(index, 1);
    for (const subscription of entry?.subscriptions ?? []) subscription.unsubscribe();
  };
  const ask = (sql: string): string | null => {
    const row = db.query(`${sql} LIMIT 1 OFFSET ${random.between(0, 30)}`)[0];
    return row ? String(row.v) : null;
  };
  const sample = (table: string, column: string): string | null =>
    ask(`SELECT quote(${quoted(column)}) AS v FROM ${quoted(table)}`);
  const write = (): void => {
    const full = catalog.tables.find((table) => rowCount(db, table) > rowsPerTable);
    if (full) {
      runStep(db, thinOut(catalog, full.name, rowsPerTable / 3).action, noHooks);
      return;
    }
    const hints = open.map(({ query }) => query.hints);
    const situation = { random, catalog, queries: 0, actors: ['first'] as const, sample, ask, hints };
    const planned = makeTameSteps(situation);
    for (const { step } of planned) runStep(db, step.action, noHooks);
  };
  /** Indexes, views and columns come and go; tables and what they hold stay. */
  const changeSchema = (): void => {
    const change = makeSchemaChange(random, catalog, true);
    const added = random.pick(catalog.tables);
    const column = quoted(`added${commits}`);
    const name = quoted(added.name);
    const script = random.pick([
      change.sql,
      `ALTER TABLE ${name} ADD COLUMN ${column} INT DEFAULT 1; ALTER TABLE ${name} DROP COLUMN ${column}`,
      `DROP INDEX IF EXISTS "soak"; CREATE INDEX "soak" ON ${name} ("g")`,
    ]);
    try {
      db.exec(script);
      const indexes = db.query("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
      if (indexes.length > 12)
        for (const row of indexes.slice(4)) db.exec(`DROP INDEX ${quoted(String(row.name))}`);
    } catch {
      // A unique index over values that aren't: the schema stays as it was.
    }
  };
  const compare = (): void => {
    for (let i = open.length - 1; i >= 0; i--) {
      const { query, live } = open[i] as Open;
      const fresh = answerOf(db, query);
      if (fresh === null) {
        closeOne(i);
        continue;
      }
      comparisons++;
      const actual = live.value;
      const possible = query.unlimited && (answerOf(db, query.unlimited) ?? undefined);
      const difference = actual ? answerDifference(query, fresh, actual, possible) : 'no value';
      if (difference === null) continue;
      db.exec('PRAGMA reverse_unordered_selects = 1');
      const other = answerOf(db, query) ?? [];
      db.exec('PRAGMA reverse_unordered_selects = 0');
      if (!actual || answerDifference(query, other, actual) !== null)
        drift.push(`${difference}: ${query.sql}`);
    }
  };
  /** A query may end only when its SQL fails; that shows at once, for its SQL may work again soon. */
  const checkEnded = (): void => {
    ended = false;
    for (let i = open.length - 1; i >= 0; i--) {
      const { query, error } = open[i] as Open;
      if (error === null) continue;
      ends++;
      if (answerOf(db, query) !== null)
        drift.push(`ended, although it works: ${String(error)}: ${query.sql}`);
      closeOne(i);
    }
  };
  const measure = async (): Promise<void> => {
    const heap = await heapUsed();
    const temp = db.query('SELECT type FROM sqlite_temp_schema').map((row) => row.type);
    const tiers = open.filter(({ live }) => live.explain().tier === 'incremental');
    const taken: SoakSample = {
      second: elapsed(),
      heapMB: heap / 2 ** 20,
      rssMB: process.memoryUsage.rss() / 2 ** 20,
      statements: db[engineOf].cacheStats.size,
      triggers: temp.filter((type) => type === 'trigger').length,
      tempTables: temp.filter((type) => type === 'table').length,
      lives: open.length,
      opened,
      incremental: tiers.length,
      commits,
    };
    samples.push(taken);
    log(lineOf(taken, comparisons));
  };

  let next = 0;
  while (elapsed() < seconds && drift.length === 0) {
    const step = random.next();
    if (step < 0.004) changeSchema();
    else if (step < 0.06 || open.length < options.lives / 2) {
      if (open.length < options.lives * 1.2) openOne();
      if (open.length > options.lives * 0.8) closeOne(random.between(0, open.length - 1));
    } else write();
    if (random.chance(0.05)) await settled(db);
    if (ended) checkEnded();
    if (elapsed() < next) continue;
    await settled(db);
    compare();
    await measure();
    next = elapsed() + everySeconds;
  }
  await settled(db);
  compare();
  await measure();
  while (open.length > 0) closeOne(0);
  unsubscribe();
  // Triggers go with the commit after the last follower.
  write();
  const left = db.query("SELECT 1 FROM sqlite_temp_schema WHERE type = 'trigger'").length;
  const warm = samples.filter((taken) => taken.opened >= warmAfterOpened && taken.second >= elapsed() / 2);
  const heap = lineThrough(warm.map(({ second, heapMB }) => [second / 60, heapMB]));
  // A straight line through noise has a slope too.
  const isFlat = warm.length < 10 ? null : heap.slope < flatMBPerMinute || heap.slope < 2 * heap.slopeError;
  return { samples, comparisons, opened, ended: ends, drift, heap, isFlat, left };
}

function makeDatabase(random: Random, exec: (sql: string) => void): Catalog {
  const made = makeTameSchema(random);
  const tried = (sql: string): boolean => {
    try {
      exec(sql);
      return true;
    } catch {
      return false;
    }
  };
  const tables = made.tables.filter((table) => tried(createTable(table)));
  let catalog: Catalog = {
    ...made,
    tables,
    indexes: made.indexes.filter(tried),
    views: [],
    ingredients: [],
    focused: false,
  };
  for (const table of tables) for (let i = 0; i < rowsPerTable / 2; i++) tried(fill(random, catalog, table));
  for (const name of ['v1', 'v2', 'v3']) {
    const view = makeView(random, catalog, name);
    if (tried(createView(view))) catalog = { ...catalog, views: [...catalog.views, view] };
  }
  return catalog;
}

const rowCount = (db: { query(sql: string): Record<string, unknown>[] }, table: Table): number =>
  Number(db.query(`SELECT count(*) AS n FROM ${quoted(table.name)}`)[0]?.n);

/** What is alive, once nothing more can be collected. */
async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    // Finalizers run between turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

const lineOf = (s: SoakSample, comparisons: number): string =>
  `${s.second.toFixed(0).padStart(5)} s  heap ${s.heapMB.toFixed(1)} MB  RSS ${s.rssMB.toFixed(0)} MB  ` +
  `statements ${s.statements}  temp triggers ${s.triggers}, tables ${s.tempTables}  live ${s.lives} (${s.incremental} incremental, ${s.opened} opened)  ` +
  `commits ${s.commits}  comparisons ${comparisons}`;

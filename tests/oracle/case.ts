import { BareDatabase } from './bare.ts';
import type { Schedule } from './engine.ts';
import type { Catalog, Hints } from './grammar.ts';
import { type Mixture, mixtureOf, nothingMore } from './ingredients/all.ts';
import { quoted } from './names.ts';
import { makeSchema } from './objects.ts';
import { type Actor, noHooks, runStep, type Step } from './program.ts';
import { createView, makeQuery, makeView, type Query } from './queries.ts';
import { Random } from './random.ts';
import { createTable, type Table } from './schema.ts';
import { fill } from './statements.ts';
import { makeStep, type PlannedStep, thinOut } from './steps.ts';
import { makeTameSchema, tameSize } from './tame-schema.ts';
import { makeTameSteps } from './tame-steps.ts';
import { makeWatches, type WatchCase } from './watch-cases.ts';

/** A query that is kept live: by whom, and when its subscribers are told. */
export interface LiveCase {
  readonly query: Query;
  readonly owner: 'first' | 'second';
  readonly schedule: Schedule;
}

/** Everything that one run does, as plain data: nothing in it depends on the engine under test. */
export interface Case {
  readonly seed: number;
  /** Nearly every commit carries row detail, so that answers have to be maintained; see tame-schema.ts. */
  readonly tame: boolean;
  /** A file has two handles and another program; memory has one handle. */
  readonly location: 'memory' | 'file';
  /** The handles have attached another file as `other`. */
  readonly attaches: boolean;
  /** Listeners follow all tables; without them nothing but live queries asks for capture. */
  readonly followed: boolean;
  readonly schema: readonly string[];
  readonly lives: readonly LiveCase[];
  readonly watches: readonly WatchCase[];
  readonly steps: readonly Step[];
}

/** What generation cost: how much SQLite refused of what was generated, and what was. */
export interface Census {
  refused: number;
  made: number;
  readonly refusals: Map<string, string>;
  readonly features: Map<string, number>;
}

export const newCensus = (): Census => ({ refused: 0, made: 0, refusals: new Map(), features: new Map() });

export interface CaseOptions {
  /** Of a hostile case; a tame one has twice as many. */
  readonly steps: number;
  readonly lives: number;
  /** No case has an ingredient. */
  readonly plain?: boolean | undefined;
  /** The ingredients that every case has; without it, some have some. */
  readonly only?: readonly string[] | undefined;
  /** Those that none has: what the engine's SQLite lacks. */
  readonly without?: readonly string[] | undefined;
}

/** Answers beyond this make comparisons slow and find nothing more. */
const mostRows = 150;

/** Generates one case from its seed. Each part is tried on SQLite first, so that the next one knows the true schema. */
export function makeCase(seed: number, options: CaseOptions, census: Census): Case {
  const random = new Random(seed);
  const db = new BareDatabase(':memory:');
  try {
    const tame = random.chance(0.5);
    const mixture = options.plain ? nothingMore : mixtureOf(random, options.only, options.without);
    const { ingredients } = mixture;
    const attaches = ingredients.some((one) => one.needs === 'attached file');
    const isFile = ingredients.some((one) => one.needs !== undefined);
    const location = random.chance(tame ? 0.1 : 0.25) || isFile ? 'file' : 'memory';
    if (attaches) db.exec("ATTACH ':memory:' AS other");
    const { catalog, schema } = makeDatabase(random, db, { tame, ...mixture }, census);
    const lives: LiveCase[] = [];
    while (lives.length < options.lives) {
      // The same question asked twice shares one materialisation.
      const again = lives.length > 0 && random.chance(0.08);
      const known = lives.length > 0 && random.chance(0.1) ? withOthers(random.pick(lives).query, db) : null;
      const query = again ? random.pick(lives).query : (known ?? acceptedQuery(random, catalog, db, census));
      const owner = location === 'file' && random.chance(0.3) ? 'second' : 'first';
      lives.push({ query, owner, schedule: random.chance(0.5) ? 'sync' : 'microtask' });
    }
    const shared: Actor[] = ['first', 'first', 'first', 'first', 'second', 'second'];
    const actors: Actor[] = location === 'memory' ? ['first'] : tame ? shared : [...shared, 'program'];
    const hints = lives.map(({ query }) => query.hints);
    const steps = makeSteps(random, db, catalog, { ...options, hints }, actors, census);
    const followed = !tame || random.chance(0.5);
    const watches = makeWatches(
      random,
      catalog,
      lives.map(({ query }) => query),
    );
    return { seed, tame, location, attaches, followed, schema, lives, watches, steps };
  } finally {
    db.close();
  }
}

function makeSteps(
  random: Random,
  db: BareDatabase,
  start: Catalog,
  options: CaseOptions & { readonly hints: readonly Hints[] },
  actors: readonly Actor[],
  census: Census,
): Step[] {
  let catalog = start;
  const steps: Step[] = [];
  const ask = (sql: string): string | null => {
    const values = valuesOf(db, sql);
    return values.length === 0 ? null : random.pick(values);
  };
  const sample = (table: string, column: string): string | null =>
    ask(`SELECT quote(${quoted(column)}) AS v FROM ${quoted(table)}`);
  const bounds = ({ tall }: Table) => (tall ? [200, 30] : start.tame ? [60, 20] : [20, 6]);
  const make = (): PlannedStep[] => {
    for (const table of catalog.tables) {
      const [most = 0, kept] = bounds(table);
      if (count(db, table.name) > most) return [{ step: thinOut(catalog, table.name, kept), change: null }];
    }
    const { lives: queries, hints } = options;
    const situation = { random, catalog, queries, actors, sample, ask, hints };
    const special = catalog.ingredients.filter((one) => one.steps);
    if (special.length > 0 && random.chance(catalog.focused ? 0.35 : 0.15)) {
      const own = random.pick(special).steps?.(situation) ?? [];
      if (own.length > 0) return [...own];
    }
    return catalog.tame ? makeTameSteps(situation) : [makeStep(situation)];
  };
  // Tame steps are short, and the queries of a case cost more than its steps.
  // Of a case that is about one thing more queries find more than more steps.
  const wanted = Math.ceil(options.steps * (start.tame ? 2 : 1) * (start.focused ? 0.5 : 1));
  while (steps.length < wanted) {
    for (const planned of make()) {
      runStep(db, planned.step.action, noHooks);
      if (planned.change) {
        note(census, planned.change.kind);
        catalog = believed(db, catalog, planned.change.after);
      }
      steps.push(planned.step);
    }
  }
  return steps;
}

function makeDatabase(
  random: Random,
  db: BareDatabase,
  start: Mixture & { readonly tame: boolean },
  census: Census,
): { catalog: Catalog; schema: string[] } {
  const { tame, ingredients } = start;
  const made = tame ? makeTameSchema(random) : makeSchema(random);
  const schema: string[] = [];
  const accepted = (sql: string): boolean => {
    try {
      db.exec(sql);
      schema.push(sql);
      return true;
    } catch (error) {
      refuse(census, error, sql);
      return false;
    }
  };
  const special = ingredients.flatMap((one) => one.tables?.(random, made.tables, tame) ?? []);
  const tables = [...made.tables, ...special].filter((table) => accepted(createTable(table)));
  for (const table of tables) note(census, table.keyKind);
  const indexes = made.indexes.filter(accepted);
  let catalog: Catalog = { ...start, tables, indexes, triggers: [], views: [] };
  for (let i = random.between(0, 3); i > 0; i--) {
    const view = makeView(random, catalog, `v${i}`);
    if (accepted(createView(view))) catalog = { ...catalog, views: [...catalog.views, view] };
  }
  for (const table of tables) {
    const size = tame
      ? tameSize(random, table)
      : random.weighted([
          [1, 0],
          [4, 4],
          [4, 7],
          [2, 10],
        ]);
    for (let rows = size; rows > 0; rows--) accepted(fill(random, catalog, table));
  }
  for (const { objects } of ingredients) for (const sql of objects?.(random, catalog) ?? []) accepted(sql);
  const triggers = made.triggers.filter(accepted);
  return { catalog: known(db, { ...catalog, triggers }), schema };
}

/** The same SQL with other parameters: such queries share a plan, and what it keeps in the database. */
function withOthers(query: Query, db: BareDatabase): Query | null {
  if (query.params === undefined) return null;
  const other = (value: unknown) => {
    if (typeof value === 'number' && Number.isInteger(value)) return value === 2 ? 0 : 2;
    return typeof value === 'string' ? (value === 'a' ? 'b' : 'a') : value;
  };
  const changed = <T extends Pick<Query, 'sql' | 'params'>>(one: T): T => {
    const { params } = one;
    if (Array.isArray(params)) return { ...one, params: params.map(other) };
    return {
      ...one,
      params: Object.fromEntries(Object.entries(params ?? {}).map(([k, v]) => [k, other(v)])),
    };
  };
  const made = { ...changed(query), ...(query.unlimited && { unlimited: changed(query.unlimited) }) };
  try {
    return db.query(made.sql, made.params).length <= mostRows ? made : null;
  } catch {
    return null;
  }
}

/** A query that SQLite prepares and answers, not too long. */
function acceptedQuery(random: Random, catalog: Catalog, db: BareDatabase, census: Census): Query {
  for (;;) {
    const query = makeQuery(random, catalog);
    census.made++;
    try {
      const { length } = db.query(query.sql, query.params);
      if (length > mostRows) continue;
      // An answer without rows seldom gets any, and what never changes finds nothing.
      if (length === 0 && catalog.tame && random.chance(0.75)) continue;
      note(census, ...query.features);
      return query;
    } catch (error) {
      census.refused++;
      refuse(census, error, query.sql);
    }
  }
}

/** The catalog after a change, where the schema shows that it happened. */
function believed(db: BareDatabase, before: Catalog, after: Catalog): Catalog {
  const changed = known(db, after);
  const lost = after.tables.some((table) => {
    const now = changed.tables.find((t) => t.name === table.name);
    return now?.columns.length !== table.columns.length;
  });
  return lost || changed.tables.length < after.tables.length ? known(db, before) : changed;
}

/** What of a catalog the database really has. */
function known(db: BareDatabase, catalog: Catalog): Catalog {
  const tables = catalog.tables
    .map((table) => {
      const names = db.query(`SELECT name FROM pragma_table_xinfo('${table.name.replaceAll("'", "''")}')`);
      const real = new Set(names.map((row) => row.name));
      return { ...table, columns: table.columns.filter((c) => real.has(c.name)) };
    })
    .filter(
      (table) =>
        table.columns.some((c) => c.flavour === 'small' && !c.generated) &&
        table.columns.some((c) => c.flavour === 'key'),
    );
  const works = (sql: string): boolean => {
    try {
      db.query(sql);
      return true;
    } catch {
      return false;
    }
  };
  const views = catalog.views.filter((view) =>
    works(`SELECT ${view.columns.map((c) => quoted(c.name)).join(', ')} FROM ${quoted(view.name)} LIMIT 0`),
  );
  return tables.length === 0 ? catalog : { ...catalog, tables, views };
}

function count(db: BareDatabase, table: string): number {
  try {
    return Number(db.query(`SELECT count(*) AS n FROM ${quoted(table)}`)[0]?.n);
  } catch {
    return 0;
  }
}

function valuesOf(db: BareDatabase, sql: string): string[] {
  try {
    return db.query(sql).map((row) => String(row.v));
  } catch {
    return [];
  }
}

function note(census: Census, ...features: readonly string[]): void {
  for (const feature of features) census.features.set(feature, (census.features.get(feature) ?? 0) + 1);
}

function refuse(census: Census, error: unknown, sql: string): void {
  const message = error instanceof Error ? error.message : String(error);
  census.refusals.set(message.replace(/".*"|: .*$/, ''), `${sql}  -- ${message}`);
}

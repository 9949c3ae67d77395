import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareDatabase } from './bare.ts';
import type { Case } from './case.ts';
import { answerDifference } from './compare.ts';
import type { Changeset, Engine, OracleDatabase, OracleWatch, Row, Runner, WatchEvent } from './engine.ts';
import { type Action, type Actor, type Hooks, noHooks, runStep, type Step } from './program.ts';
import type { Query } from './queries.ts';
import { contentsDifference, readContents, ShadowTables } from './shadow.ts';
import { countIn, type Tally } from './tally.ts';
import { Watched } from './watched.ts';

/** Where an engine broke a promise. */
export interface Difference {
  readonly rule: string;
  readonly detail: string;
  /** Index of the step, -1 before the first; of the live query, where it is about one. */
  readonly step: number;
  readonly live: number | null;
  readonly expected?: readonly Row[] | undefined;
  readonly actual?: readonly Row[] | undefined;
}

type Handles = Readonly<Partial<Record<Actor, OracleDatabase>>>;

export interface CheckOptions {
  /** How long another program's commit may go unnoticed. */
  readonly patienceMs: number;
  /** Rules whose breach is known: it is passed over, so that others come to light. */
  readonly except: readonly string[];
}

export const strict: CheckOptions = { patienceMs: 5000, except: [] };

/** Every so many emissions and commits, all live queries are looked at from inside the listener. */
const lookEvery = 4;

/**
 * Runs one case: each step on the engine and on SQLite alone, and after each step everything that api.md promises.
 * Gives the first difference, or null.
 */
export async function check(
  engine: Engine,
  testCase: Case,
  tally: Tally,
  options = strict,
): Promise<Difference | null> {
  const checker = new Checker(engine, testCase, tally, options);
  try {
    return await checker.run();
  } finally {
    checker.dispose();
  }
}

class Checker {
  readonly #engine: Engine;
  readonly #case: Case;
  readonly #tally: Tally;
  readonly #options: CheckOptions;
  readonly #folder: string | null;
  readonly #handles: Handles;
  readonly #program: BareDatabase | null;
  readonly #twins: Readonly<Partial<Record<Actor, BareDatabase>>>;
  readonly #watched: Watched[];
  readonly #shadows: ShadowTables[] = [];
  readonly #stream: OracleWatch;
  readonly #streamShadow: ShadowTables;
  #step = -1;
  #found: Difference | null = null;
  /** Changesets told, by whose listener heard them. */
  readonly #told: Partial<Record<Actor, number>> = {};
  #looking = false;
  /** Live queries whose SQL fails for now, after DDL. */
  readonly #broken = new Set<Watched>();

  constructor(engine: Engine, testCase: Case, tally: Tally, options: CheckOptions) {
    this.#options = options;
    this.#engine = engine;
    this.#case = testCase;
    this.#tally = tally;
    this.#folder = testCase.location === 'file' ? mkdtempSync(join(tmpdir(), 'freshet-oracle-')) : null;
    const place = (name: string): string => (this.#folder ? join(this.#folder, name) : ':memory:');
    const twin = new BareDatabase(place('twin.db'));
    const first = this.#open(place('engine.db'));
    for (const sql of testCase.schema) {
      for (const db of [first, twin]) attempt(() => db.exec(sql));
    }
    const shared = this.#folder !== null;
    this.#handles = shared ? { first, second: this.#open(place('engine.db')) } : { first };
    this.#program = shared ? new BareDatabase(place('engine.db')) : null;
    this.#twins = shared
      ? {
          first: twin,
          second: new BareDatabase(place('twin.db')),
          program: new BareDatabase(place('twin.db')),
        }
      : { first: twin };
    // Listeners from before the first live query: the engine's own come later, and must not be too late for these.
    for (const actor of actors(this.#handles)) this.#follow(actor, this.#handles[actor] as OracleDatabase);
    this.#stream = first.changeStream({ queueCapacity: 4096 });
    this.#streamShadow = new ShadowTables(first, 'changeStream', (rule, detail) =>
      this.#differ(rule, detail),
    );
    this.#watched = testCase.lives.map((live, index) => {
      const db = this.#handles[live.owner] ?? first;
      const report = (rule: string, detail: string) => this.#differ(rule, detail, index);
      return new Watched(engine, db, live, report, () => this.#look('a listener', index));
    });
  }

  #open(location: string): OracleDatabase {
    const onError = (error: unknown) => this.#differ('listeners do not fail', String(error));
    return this.#engine.open(location, { pollIntervalMs: 5, onError });
  }

  #follow(actor: Actor, db: OracleDatabase): void {
    const shadow = new ShadowTables(db, `subscribe on ${actor}`, (rule, detail) =>
      this.#differ(rule, detail),
    );
    this.#shadows.push(shadow);
    db.subscribe((changeset) => {
      const told = (this.#told[actor] ?? 0) + 1;
      this.#told[actor] = told;
      if (actor === 'first') this.#count(changeset);
      shadow.commit(changeset);
      if (told % lookEvery === 0) this.#look('a commit listener', null);
    });
  }

  #count(changeset: Changeset): void {
    this.#tally.changesets++;
    if (changeset.wide) this.#tally.wide++;
    if (changeset.schema_changed) this.#tally.schemaChanges++;
  }

  #differ(rule: string, detail: string, live: number | null = null, rows: Partial<Difference> = {}): void {
    if (this.#options.except.some((known) => rule.includes(known))) return;
    this.#found ??= { rule, detail, step: this.#step, live, ...rows };
  }

  async run(): Promise<Difference | null> {
    this.#tally.cases++;
    for (const watched of this.#watched) watched.open();
    await this.#verify(false);
    for (const [index, step] of this.#case.steps.entries()) {
      if (this.#found) break;
      this.#step = index;
      this.#tally.steps++;
      await this.#take(step);
    }
    for (const watched of this.#watched) {
      this.#tally.emissions += watched.emissions;
      if (watched.isOpen) countIn(this.#tally.tiers, watched.tier);
    }
    if (!this.#found) this.#close();
    return this.#found;
  }

  async #take(step: Step): Promise<void> {
    const told = { ...this.#told };
    const errors: unknown[] = [];
    const hooks: Hooks = {
      error: (error) => errors.push(error),
      open: (query) => this.#watched[query]?.open(),
      close: (query) => this.#watched[query]?.close(),
    };
    const foreign = step.by === 'program' && this.#program !== null;
    const version = foreign ? this.#dataVersion() : null;
    const db = foreign ? this.#program : this.#handles[step.by === 'second' ? 'second' : 'first'];
    const twin = this.#twins[step.by] ?? this.#twins.first;
    if (!db || !twin) return;
    // A connection that hasn't looked since another one's DDL may refuse an ALTER for it: SQLite's own affair.
    for (const bare of [twin, db]) bare.query('SELECT 1 FROM sqlite_schema');
    const outcomes = runStep(db, step.action, hooks);
    const expected = runStep(twin, step.action, noHooks);
    if (outcomes.join('\n') !== expected.join('\n')) {
      const texts = `${outcomes.join(' | ')} instead of ${expected.join(' | ')}`;
      this.#differ('statements do what SQLite does', [texts, ...errors].join('\n  '));
    }
    if (undone(step.action, outcomes) && this.#told.first !== told.first) {
      this.#differ('rolled back work emits nothing', 'a changeset');
    }
    const moved = foreign && this.#dataVersion() !== version;
    if (moved) await this.#notice(told);
    await this.#verify(step.schema);
  }

  /** As another connection sees it: the program's own doesn't move by its own commits. */
  #dataVersion(): unknown {
    return this.#handles.first?.query('PRAGMA data_version')[0]?.data_version;
  }

  /** Waits until another program's commit has been noticed, by every handle. */
  async #notice(before: Partial<Record<Actor, number>>): Promise<void> {
    const { patienceMs } = this.#options;
    const end = Date.now() + patienceMs;
    const unaware = (): string | undefined =>
      actors(this.#handles).find((actor) => this.#told[actor] === before[actor]);
    while (unaware() !== undefined && Date.now() < end) {
      for (const db of Object.values(this.#handles)) await this.#engine.settled(db);
      if (unaware() !== undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    if (unaware() !== undefined) {
      this.#differ("another program's commit is noticed", `not by ${unaware()} within ${patienceMs} ms`);
    }
  }

  /** Everything that must hold between two steps. */
  async #verify(schema: boolean): Promise<void> {
    for (const [index, watched] of this.#watched.entries())
      if (watched.isOpen) this.#compare(watched, index, 'after the step');
    for (const db of Object.values(this.#handles)) await this.#engine.settled(db);
    for (const [index, watched] of this.#watched.entries()) {
      await this.#revive(watched, index, schema);
      watched.checkSettled((this.#step + index) % 7 === 0);
    }
    await this.#checkTables();
  }

  /** The live value against the same SQL run afresh. */
  #compare(watched: Watched, index: number, when: string): void {
    const { query } = watched.case;
    const fresh = answerOf(watched.db, query);
    if (fresh === null) {
      // The failure itself may be delivered later: see #revive.
      if (!this.#looking) this.#broken.add(watched);
      return;
    }
    this.#tally.comparisons++;
    countIn(this.#tally.kinds, query.kind);
    const actual = watched.value;
    if (actual === undefined) {
      this.#differ('a live query has a value', when, index);
      return;
    }
    const possible = query.unlimited && watched.db.query(query.unlimited.sql, query.unlimited.params);
    const difference = answerDifference(query, fresh, actual, possible);
    if (difference === null) return;
    if (this.#alsoGivenBySqlite(watched, actual)) this.#tally.indeterminate++;
    else
      this.#differ('the live value is what the SQL gives', `${when}: ${difference}`, index, {
        expected: fresh,
        actual,
      });
  }

  /** Whether SQLite gives this answer too, scanning the other way. */
  #alsoGivenBySqlite(watched: Watched, actual: readonly Row[]): boolean {
    const { query, owner } = watched.case;
    const twin = this.#twins[owner] ?? this.#twins.first;
    if (!twin) return false;
    const now = Number(twin.query('PRAGMA reverse_unordered_selects')[0]?.reverse_unordered_selects);
    const given = [0, 1].some((reverse) => {
      twin.exec(`PRAGMA reverse_unordered_selects = ${reverse}`);
      const fresh = answerOf(twin, query);
      return fresh !== null && answerDifference(query, fresh, actual) === null;
    });
    twin.exec(`PRAGMA reverse_unordered_selects = ${now}`);
    return given;
  }

  /** A live query ends when its SQL fails, and works again when the SQL does and somebody subscribes anew. */
  async #revive(watched: Watched, index: number, schema: boolean): Promise<void> {
    const ended = watched.error !== null;
    if (!ended && !this.#broken.has(watched)) return;
    const works = answerOf(watched.db, watched.case.query) !== null;
    if (!works) {
      if (watched.isOpen)
        this.#differ('a live query whose SQL fails ends with an error', 'still open', index);
      if (watched.isOpen || ended) this.#tally.failedQueries++;
      watched.close();
      this.#broken.add(watched);
      return;
    }
    if (ended && !schema && !this.#broken.has(watched)) {
      this.#differ('a live query whose SQL works goes on', String(watched.error), index);
    }
    this.#broken.delete(watched);
    watched.close();
    watched.open();
    await this.#engine.settled(watched.db);
    if (watched.error !== null)
      this.#differ('a live query starts anew after an error', String(watched.error), index);
    else this.#compare(watched, index, 'subscribed again');
  }

  /** All live queries of the database show one commit, seen from a listener too. */
  #look(where: string, from: number | null): void {
    if (this.#looking || this.#step < 0 || this.#found) return;
    if (from !== null && (this.#watched[from]?.emissions ?? 0) % lookEvery !== 0) return;
    if (Object.values(this.#handles).some((db) => db.inTransaction)) return;
    this.#looking = true;
    for (const [index, watched] of this.#watched.entries()) {
      if (watched.isOpen) this.#compare(watched, index, `seen from ${where}`);
    }
    this.#looking = false;
  }

  /** Every table: as SQLite alone has it, and as the row changes give it. */
  async #checkTables(): Promise<void> {
    const first = this.#handles.first as OracleDatabase;
    const real = readContents(first);
    const twin = contentsDifference(readContents(this.#twins.first as BareDatabase), real);
    if (twin) this.#differ('the data is what SQLite alone would hold', twin);
    this.#streamShadow.events(await drained(this.#stream));
    for (const shadow of [...this.#shadows, this.#streamShadow]) {
      this.#tally.comparisons += real.size;
      countIn(this.#tally.kinds, 'shadow table', real.size);
      const difference = contentsDifference(real, shadow.contents);
      if (difference) this.#differ('row changes give the tables', `${shadow.name}: ${difference}`);
    }
  }

  #close(): void {
    for (const db of Object.values(this.#handles)) db.close();
    for (const watched of this.#watched) watched.checkCompleted();
  }

  dispose(): void {
    this.#stream.close();
    for (const watched of this.#watched) watched.close();
    for (const db of [...Object.values(this.#handles), this.#program, ...Object.values(this.#twins)]) {
      attempt(() => db?.close());
    }
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
  }
}

const actors = (handles: Handles): Actor[] => Object.keys(handles) as Actor[];

/** Whether a step can only have undone what it did. */
function undone(action: Action, outcomes: readonly string[]): boolean {
  if (action.type === 'begin') return action.end === 'rollback';
  if (action.type === 'transaction') return action.throws;
  const last = action.type === 'group' ? action.body[action.body.length - 1] : undefined;
  return last?.type === 'run' && /^rollback$/i.test(last.sql) && !outcomes.includes('error');
}

/** The rows, or null where the SQL fails. */
function answerOf(db: Runner, { sql, params }: Query): Row[] | null {
  try {
    return db.query(sql, params);
  } catch {
    return null;
  }
}

async function drained(stream: OracleWatch): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for (;;) {
    const event = await stream.next();
    if (event === null) return events;
    events.push(event);
  }
}

function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // The schema's refused rows are refused on both sides; what is closed twice is closed.
  }
}

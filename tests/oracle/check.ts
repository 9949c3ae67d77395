import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BareDatabase } from './bare.ts';
import type { Case } from './case.ts';
import { answerDifference } from './compare.ts';
import { type CheckOptions, type Difference, strict } from './difference.ts';
import type { Engine, OracleDatabase, Row } from './engine.ts';
import { Followed, type Handles, type Told } from './followed.ts';
import { convertedGroup } from './ingredients/converted-groups.ts';
import { type Action, type Hooks, noHooks, runStep, type Statement, type Step } from './program.ts';
import { contentsDifference, readContents } from './shadow.ts';
import { addCounts, countIn, type Tally } from './tally.ts';
import { answerOf, attempt, lookAtSchema, Twin } from './twin.ts';
import { Watched } from './watched.ts';
import { WatchedEvents } from './watched-events.ts';

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
  readonly #first: OracleDatabase;
  readonly #program: BareDatabase | null;
  /** The others on the attached file. */
  readonly #others: { readonly guest: OracleDatabase; readonly visitor: BareDatabase } | null;
  readonly #twin: Twin;
  readonly #watched: Watched[];
  readonly #followed: Followed | null;
  readonly #events: readonly WatchedEvents[];
  /** Live queries whose SQL fails for now, after DDL. */
  readonly #broken = new Set<Watched>();
  /** All that was done, in order: the steps, and what listeners did in between. */
  readonly #history: Step[] = [];
  /** How much of it the twin has done too. */
  #mirrored = 0;
  /** What the next commit's listener is to do. */
  #answer: Statement | null = null;
  #step = -1;
  #found: Difference | null = null;
  #looks = 0;
  #looking = false;
  /** SQLite itself could have gone on from here in two ways. */
  #forked = false;

  constructor(engine: Engine, testCase: Case, tally: Tally, options: CheckOptions) {
    this.#engine = engine;
    this.#case = testCase;
    this.#tally = tally;
    this.#options = options;
    this.#folder = testCase.location === 'file' ? mkdtempSync(join(tmpdir(), 'freshet-oracle-')) : null;
    const place = this.#folder ? join(this.#folder, 'engine.db') : ':memory:';
    const other = this.#folder && testCase.attaches ? join(this.#folder, 'other-engine.db') : null;
    this.#twin = new Twin(testCase, this.#folder, 'twin.db');
    this.#others = other ? { visitor: new BareDatabase(other), guest: this.#open(other) } : null;
    const attached = (): OracleDatabase => {
      const db = this.#open(place);
      if (other) db.execute('ATTACH ? AS other', [other]);
      return db;
    };
    this.#first = attached();
    for (const sql of testCase.schema) attempt(() => this.#first.exec(sql));
    this.#handles = this.#folder ? { first: this.#first, second: attached() } : { first: this.#first };
    this.#program = this.#folder ? new BareDatabase(place) : null;
    if (other) this.#program?.execute('ATTACH ? AS other', [other]);
    // Listeners from before the first live query: the engine's own come later, and must not be too late for these.
    const report = (rule: string, detail: string) => this.#differ(rule, detail);
    const onCommit = () => {
      this.#answerCommit();
      this.#look('a commit listener');
    };
    this.#followed = testCase.followed
      ? new Followed(this.#handles, testCase, tally, report, onCommit)
      : null;
    this.#events = testCase.watches.map((watch) => new WatchedEvents(this.#first, watch, report));
    this.#watched = testCase.lives.map((live, index) => {
      const db = this.#handles[live.owner] ?? this.#first;
      const reportLive = (rule: string, detail: string) => this.#differ(rule, detail, index);
      return new Watched(engine, db, live, reportLive, () => this.#look('a subscriber'));
    });
  }

  #open(location: string): OracleDatabase {
    const onError = (error: unknown) => this.#differ('listeners do not fail', String(error));
    return this.#engine.open(location, { pollIntervalMs: 5, onError });
  }

  #differ(rule: string, detail: string, live: number | null = null, rows: Partial<Difference> = {}): void {
    if (this.#options.except.some((known) => rule.includes(known))) return;
    this.#found ??= { rule, detail, step: this.#step, live, ...rows };
  }

  async run(): Promise<Difference | null> {
    this.#tally.cases++;
    for (const watched of this.#watched) watched.open();
    for (const watch of this.#events) await watch.open();
    await this.#verify(false);
    for (const [index, step] of this.#case.steps.entries()) {
      if (this.#found || this.#forked) break;
      this.#step = index;
      this.#tally.steps++;
      await this.#take(step);
    }
    for (const watched of this.#watched) {
      this.#tally.emissions += watched.emissions;
      if (watched.isOpen) countIn(this.#tally.tiers, watched.tier);
      addCounts(this.#tally, this.#case.tame, watched);
    }
    if (!this.#found) this.#close();
    return this.#found;
  }

  async #take(step: Step): Promise<void> {
    const told = this.#followed?.told ?? {};
    const errors: unknown[] = [];
    const hooks: Hooks = {
      error: (error) => errors.push(error),
      open: (query) => this.#watched[query]?.open(),
      close: (query) => this.#watched[query]?.close(),
      listener: (then) => {
        this.#answer = then;
      },
      meanwhile: (by, then) => void runStep(this.#handles[by] ?? this.#first, then, noHooks),
    };
    const foreign = step.by === 'program' ? this.#program : null;
    const outside = step.by === 'guest' || step.by === 'visitor' ? this.#others?.[step.by] : undefined;
    const db = outside ?? foreign ?? this.#handles[step.by] ?? this.#first;
    const version = foreign && this.#dataVersion();
    lookAtSchema(db);
    for (const watched of this.#watched) watched.replanned = step.schema;
    this.#history.push(step);
    const outcomes = runStep(db, step.action, hooks);
    if (undone(step.action, outcomes) && this.#followed?.told.first !== told.first) {
      this.#differ('rolled back work emits nothing', 'a changeset');
    }
    if (foreign && this.#dataVersion() !== version) await this.#notice(told);
    if (outside || (foreign && this.#others)) await this.#catchUp();
    this.#answer = null;
    this.#compareWithTwin(outcomes, errors);
    await this.#verify(step.schema);
  }

  /** A listener's own commit is delivered next; for the twin it is a step of its own. */
  #answerCommit(): void {
    const then = this.#answer;
    this.#answer = null;
    if (!then || this.#first.inTransaction) return;
    this.#history.push({ by: 'first', action: then, schema: false });
    runStep(this.#first, then, noHooks);
  }

  /** Outcomes and tables against SQLite alone, or else against SQLite with triggers that do nothing. */
  #compareWithTwin(outcomes: readonly string[], errors: readonly unknown[]): void {
    const at = this.#mirrored;
    const [step, ...answers] = this.#history.slice(at) as [Step, ...Step[]];
    this.#mirrored = this.#history.length;
    const got = outcomes.join('\n');
    const expected = this.#twin.run(step).join('\n');
    for (const answer of answers) this.#twin.run(answer);
    const real = readContents(this.#first);
    const difference = contentsDifference(this.#twin.contents(), real);
    if (got === expected && difference === null) return;
    const course = { history: this.#history, at, outcomes: got, contents: real };
    this.#forked = Twin.wouldGo(course, this.#case, this.#folder);
    if (this.#forked) this.#tally.forked++;
    else if (got !== expected) {
      const texts = [`${got} instead of ${expected}`.replaceAll('\n', ' | '), ...errors];
      this.#differ('statements do what SQLite does', texts.join('\n  '));
    } else this.#differ('the data is what SQLite alone would hold', difference ?? '');
  }

  /** As a Freshet handle sees it: it moves when another connection has committed. */
  #dataVersion(): unknown {
    return this.#first.query('PRAGMA data_version')[0]?.data_version;
  }

  /** Waits until every handle has noticed another program's commit. */
  async #notice(told: Told): Promise<void> {
    const { patienceMs } = this.#options;
    const end = Date.now() + patienceMs;
    while (this.#followed?.unaware(told) && Date.now() < end) {
      await this.#settle();
      if (this.#followed.unaware(told)) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const late = this.#followed?.unaware(told);
    if (late) this.#differ("another program's commit is noticed", `not by ${late} within ${patienceMs} ms`);
  }

  /** Waits until the live queries show what others did to an attached file. Whether they do is compared later. */
  async #catchUp(): Promise<void> {
    const end = Date.now() + this.#options.patienceMs;
    const isLate = ({ isOpen, db, case: { query }, value = [] }: Watched): boolean => {
      if (!isOpen) return false;
      const fresh = answerOf(db, query);
      // One that fails is to end.
      return fresh === null || answerDifference({ ...query, sorted: [] }, fresh, value) !== null;
    };
    await this.#settle();
    while (this.#watched.some(isLate) && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    for (const db of Object.values(this.#handles)) await this.#engine.settled(db);
  }

  /** Everything that must hold between two steps. */
  async #verify(schema: boolean): Promise<void> {
    // Before anything is awaited: `schedule` delays notifications, never truth.
    this.#compareAll('after the step');
    await this.#settle();
    for (const [index, watched] of this.#watched.entries()) {
      await this.#revive(watched, index, schema);
      watched.checkSettled((this.#step + index) % 7 === 0);
    }
    await this.#followed?.check(readContents(this.#first));
    for (const watch of this.#events) {
      // After DDL its names may mean something else.
      if (schema) await watch.open();
      else {
        const comparisons = await watch.check();
        this.#tally.comparisons += comparisons;
        countIn(this.#tally.kinds, 'watch', comparisons);
      }
    }
  }

  #compareAll(when: string): void {
    for (const [index, watched] of this.#watched.entries()) {
      if (watched.isOpen) this.#compare(watched, index, when);
    }
  }

  /** The live value against the same SQL run afresh. */
  #compare(watched: Watched, index: number, when: string): void {
    const { query, owner } = watched.case;
    const fresh = answerOf(watched.db, query);
    if (fresh === null) {
      // The failure itself may be delivered later: see #revive.
      if (!this.#looking) this.#broken.add(watched);
      return;
    }
    this.#tally.comparisons++;
    const actual = watched.value;
    watched.count(actual);
    if (actual === undefined) {
      this.#differ('a live query has a value', when, index);
      return;
    }
    const possible = query.unlimited && (answerOf(watched.db, query.unlimited) ?? undefined);
    const difference = answerDifference(query, fresh, actual, possible);
    if (difference === null) return;
    const detail = `${when}: ${difference}`;
    const given = this.#options.lenient ? this.#twin.answers(owner, query) : [];
    const isWrong =
      this.#options.lenient && (repeatsGroups(query, fresh) || convertsGroups(query, fresh, actual));
    if (isWrong || given.some((rows) => answerDifference(query, rows, actual) === null))
      this.#tally.indeterminate++;
    else this.#differ('the live value is what the SQL gives', detail, index, { expected: fresh, actual });
  }

  /** A live query ends when its SQL fails, and works again when the SQL does and there is a new subscription. */
  async #revive(watched: Watched, index: number, schema: boolean): Promise<void> {
    const ended = watched.error !== null;
    const failing = this.#broken.has(watched);
    if (!ended && !failing) return;
    if (answerOf(watched.db, watched.case.query) === null) {
      if (watched.isOpen)
        this.#differ('a live query whose SQL fails ends with an error', 'still open', index);
      if (watched.isOpen || ended) this.#tally.failedQueries++;
      watched.close();
      this.#broken.add(watched);
      return;
    }
    // Which sums SQLite gets to, of those that a LIMIT leaves out, is its choice.
    const isOverflow =
      String(watched.error).includes('integer overflow') && /LIMIT/.test(watched.case.query.sql);
    // Between two commits of one step; a query that opens afresh must work.
    const isOutOfStep = String(watched.error).includes('from content table');
    if (!schema && !failing && !isOverflow && !isOutOfStep)
      this.#differ('a live query whose SQL works goes on', String(watched.error), index);
    this.#broken.delete(watched);
    watched.close();
    watched.open();
    await this.#engine.settled(watched.db);
    if (watched.error === null) this.#compare(watched, index, 'subscribed again');
    else if (isOverflow) this.#broken.add(watched);
    else this.#differ('a live query starts anew after an error', String(watched.error), index);
  }

  /** All live queries of the database show one commit, from a listener's place too. */
  #look(where: string): void {
    if (this.#looking || this.#step < 0 || this.#found || ++this.#looks % lookEvery !== 0) return;
    if (Object.values(this.#handles).some((db) => db.inTransaction)) return;
    this.#looking = true;
    this.#compareAll(`seen from ${where}`);
    this.#looking = false;
  }

  #close(): void {
    // A handle that is still open may hear of a last commit; live queries of the others have ended.
    this.#looking = true;
    for (const db of Object.values(this.#handles)) db.close();
    for (const watched of this.#watched) watched.checkCompleted();
  }

  dispose(): void {
    this.#followed?.close();
    for (const watch of this.#events) attempt(() => watch.close());
    for (const watched of this.#watched) watched.close();
    const others = this.#others ? Object.values(this.#others) : [];
    for (const db of [...Object.values(this.#handles), this.#program, ...others]) attempt(() => db?.close());
    this.#twin.close();
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** SQLite shows a group twice where equal columns of different affinity make it think that rows come sorted. */
function repeatsGroups({ keys, features }: Case['lives'][number]['query'], rows: readonly Row[]): boolean {
  if (!keys || keys.length < 2 || !features.includes('group by')) return false;
  const shown = rows.map((row) => JSON.stringify(keys.map((name) => `${typeof row[name]} ${row[name]}`)));
  return new Set(shown).size < shown.length;
}

/** A comparison with a subquery converts a group's value in place: SQLite shows it as the other one's type. */
function convertsGroups(
  { features, unlimited }: Case['lives'][number]['query'],
  rows: readonly Row[],
  actual: readonly Row[],
): boolean {
  // The one kind of query of which SQLite's own answer is promised; but what it converts depends on LIMIT as well.
  const isPromised = features.includes(convertedGroup);
  const isAbout = features.some((one) => /group by|aggregate|view/.test(one));
  const isKnown = isAbout && features.some((one) => /IN \(SELECT/.test(one));
  if (isPromised ? !unlimited : !isKnown) return false;
  const text = (all: readonly Row[]): string =>
    JSON.stringify(
      all.map((row) => Object.values(row).map((value) => (value === null ? null : String(value)))),
    );
  return text(rows) === text(actual);
}

/** Whether a step can only have undone what it did. */
function undone(action: Action, outcomes: readonly string[]): boolean {
  if (action.type === 'begin') return action.end === 'rollback';
  if (action.type === 'transaction') return action.throws;
  if ('body' in action && action.body.some(({ type }) => type === 'meanwhile')) return false;
  const last = action.type === 'group' ? action.body[action.body.length - 1] : undefined;
  return last?.type === 'run' && /^rollback$/i.test(last.sql) && !outcomes.includes('error');
}

import { join } from 'node:path';
import { BareDatabase } from './bare.ts';
import type { Case } from './case.ts';
import type { Row } from './engine.ts';
import { quoted } from './names.ts';
import { type Actor, type Hooks, noHooks, runStep, type Step } from './program.ts';
import type { Query } from './queries.ts';
import { type Contents, contentsDifference, readContents, tablesOf } from './shadow.ts';

/** Runs the SQL; null where it fails. */
export function answerOf(
  db: { query: BareDatabase['query'] },
  { sql, params }: Pick<Query, 'sql' | 'params'>,
): Row[] | null {
  try {
    return db.query(sql, params);
  } catch {
    return null;
  }
}

/** What an engine made of a case so far. */
export interface Course {
  readonly history: readonly Step[];
  /** Index of the step whose outcomes are given; after it come only those of listeners. */
  readonly at: number;
  readonly outcomes: string;
  readonly contents: Contents;
}

/** SQLite alone, doing what the engine does: as many connections, the same statements on each of them. */
export class Twin {
  readonly #connections: Readonly<Partial<Record<Actor, BareDatabase>>>;
  readonly first: BareDatabase;

  /** In `folder` for a case about a file, otherwise in memory. */
  constructor(testCase: Case, folder: string | null, name: string) {
    const other = folder && testCase.attaches ? join(folder, `other-${name}`) : null;
    const open = (): BareDatabase => {
      const db = new BareDatabase(folder ? join(folder, name) : ':memory:');
      if (other) db.execute('ATTACH ? AS other', [other]);
      return db;
    };
    const outside = other ? { guest: new BareDatabase(other), visitor: new BareDatabase(other) } : {};
    this.first = open();
    for (const sql of testCase.schema) attempt(() => this.first.exec(sql));
    this.#connections = folder
      ? { first: this.first, second: open(), program: open(), ...outside }
      : { first: this.first };
  }

  of(actor: Actor): BareDatabase {
    return this.#connections[actor] ?? this.first;
  }

  run(step: Step): string[] {
    const db = this.of(step.by);
    lookAtSchema(db);
    const meanwhile: Hooks['meanwhile'] = (by, then) => void runStep(this.of(by), then, noHooks);
    return runStep(db, step.action, { ...noHooks, meanwhile });
  }

  contents(): Contents {
    return readContents(this.first);
  }

  /** The query's answers under both directions of a scan: what differs is left open by SQLite. */
  answers(actor: Actor, query: Query): Row[][] {
    const db = this.of(actor);
    const now = Number(db.query('PRAGMA reverse_unordered_selects')[0]?.reverse_unordered_selects);
    const answers = [0, 1].map((reverse) => {
      db.exec(`PRAGMA reverse_unordered_selects = ${reverse}`);
      return answerOf(db, query);
    });
    db.exec(`PRAGMA reverse_unordered_selects = ${now}`);
    return [...answers, withoutIndexes(db, query)].filter((rows) => rows !== null);
  }

  #goes({ history, at, outcomes, contents }: Course, events: readonly string[]): boolean {
    const ran = history.map((step) => {
      for (const db of Object.values(this.#connections)) addIdleTriggers(db, events);
      return this.run(step).join('\n');
    });
    return ran[at] === outcomes && contentsDifference(contents, this.contents()) === null;
  }

  /**
   * Whether SQLite takes this course when its tables have triggers that do nothing. A trigger makes it collect the rows
   * of an UPDATE or DELETE first, keep a statement journal, and check a STRICT type earlier; so the order in which rows
   * collide, and what a refused statement leaves, may differ from the plain table's. Freshet's triggers do that as any
   * others would.
   */
  static wouldGo(course: Course, testCase: Case, folder: string | null): boolean {
    return idleTriggers.some((events, variant) => {
      const twin = new Twin(testCase, folder, `triggers${variant}.db`);
      try {
        return twin.#goes(course, events);
      } finally {
        twin.close();
      }
    });
  }

  close(): void {
    for (const db of Object.values(this.#connections)) attempt(() => db.close());
  }
}

/** What SQLite answers where it can't use an index: it matches NULLs with each other in some look-ups. */
function withoutIndexes(db: BareDatabase, query: Query): Row[] | null {
  const indexes = db.query("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
  let rows: Row[] | null = null;
  attempt(() => {
    db.exec('SAVEPOINT indexes');
    for (const { name } of indexes) db.exec(`DROP INDEX ${quoted(String(name))}`);
    rows = answerOf(db, query);
  });
  attempt(() => db.exec('ROLLBACK TO indexes'));
  attempt(() => db.exec('RELEASE indexes'));
  return rows;
}

/** A connection that hasn't looked since another one's DDL may refuse an ALTER for that: SQLite's own affair. */
export function lookAtSchema(db: { query: BareDatabase['query'] }): void {
  db.query('SELECT 1 FROM sqlite_schema');
}

const allEvents = ['INSERT', 'UPDATE', 'DELETE'].flatMap((event) => [`BEFORE ${event}`, `AFTER ${event}`]);

/** Which triggers an engine may have: it may do without those that check a STRICT type early. */
const idleTriggers = [
  allEvents,
  allEvents.filter((event) => event !== 'BEFORE INSERT'),
  allEvents.filter((event) => event.startsWith('AFTER')),
];

function addIdleTriggers(db: BareDatabase, events: readonly string[]): void {
  // As a trigger that might refuse the row, so that SQLite is ready to undo the statement.
  const nothing = "SELECT RAISE(ABORT, 'never') WHERE 0";
  for (const name of tablesOf(db)) {
    for (const event of events) {
      const trigger = quoted(`idle ${event} ${name}`);
      const on = `main.${quoted(name)}`;
      attempt(() =>
        db.exec(`CREATE TEMP TRIGGER IF NOT EXISTS ${trigger} ${event} ON ${on} BEGIN ${nothing}; END`),
      );
    }
  }
}

export function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // What the schema refuses it refuses everywhere; what is closed twice is closed.
  }
}

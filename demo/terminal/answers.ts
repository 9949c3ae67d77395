import type { DatabaseSync, SqlValue } from '../../core/index.ts';
import { type LiveQuery, live, liveOne, type RowDelta } from '../../reactive/index.ts';

export type Values = Readonly<Record<string, SqlValue>>;

export interface Total {
  readonly issues: number;
  readonly open: number;
}

/** The writer's own log, in the same transactions: it tells which commit the answers show. */
export interface Write {
  readonly commit: number;
  readonly what: string;
}

/** A live list: its rows, and what happened to it since the last drawing. */
export interface List {
  readonly heading: string;
  readonly columns: readonly string[];
  rows: readonly Values[];
  changes: readonly RowDelta<Values>[];
}

/** The live queries of the demo. Each is asked once, here; `onChange` is called when any answer is new. */
export class Answers implements Disposable {
  readonly urgent: List = {
    heading: 'The most urgent open issues',
    columns: ['id', 'priority', 'team', 'owner', 'title'],
    rows: [],
    changes: [],
  };
  readonly teams: List = {
    heading: 'Open issues by team',
    columns: ['team', 'issues', 'urgent'],
    rows: [],
    changes: [],
  };
  total: Total = { issues: 0, open: 0 };
  totalChanges = 0;
  lastWrite: Write | null = null;
  readonly #subscriptions: { unsubscribe(): void }[];

  constructor(db: DatabaseSync, onChange: () => void, onError: (error: unknown) => void) {
    const follow = (list: List, query: LiveQuery<Values>) => {
      let first = true;
      return query.changes.subscribe({
        next: (delta) => {
          list.rows = delta.rows;
          if (!first) list.changes = [...list.changes, ...delta.changes];
          first = false;
          onChange();
        },
        error: onError,
      });
    };
    const urgent = live<Values>(
      db,
      `SELECT i.id, i.priority, o.team, o.name AS owner, i.title
       FROM issues i JOIN owners o ON o.id = i.owner_id
       WHERE i.status = 'open' ORDER BY i.priority DESC, i.created DESC, i.id DESC LIMIT 10`,
    );
    const teams = live<Values>(
      db,
      `SELECT o.team, count(*) AS issues, sum(i.priority = 5) AS urgent
       FROM issues i JOIN owners o ON o.id = i.owner_id
       WHERE i.status = 'open' GROUP BY o.team ORDER BY o.team`,
    );
    const total = liveOne<Total>(db, `SELECT count(*) AS issues, sum(status = 'open') AS open FROM issues`);
    const lastWrite = liveOne<Write>(db, 'SELECT id AS "commit", what FROM writes ORDER BY id DESC LIMIT 1');

    let answered = false;
    this.#subscriptions = [
      follow(this.urgent, urgent),
      follow(this.teams, teams),
      total.subscribe({
        next: (row) => {
          if (row === null) return;
          this.total = row;
          this.totalChanges += answered ? 1 : 0;
          answered = true;
          onChange();
        },
        error: onError,
      }),
      lastWrite.subscribe({
        next: (row) => {
          this.lastWrite = row;
          onChange();
        },
        error: onError,
      }),
    ];
  }

  /** Forgets what happened since the last drawing; the number of changes is returned. */
  takeChanges(): number {
    const changes = this.urgent.changes.length + this.teams.changes.length + this.totalChanges;
    this.urgent.changes = [];
    this.teams.changes = [];
    this.totalChanges = 0;
    return changes;
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }
}

/**
 * The oracle for engines whose calls return promises. Cases are made as for the others, on Node; here a case is run on
 * a database wherever that is, and after each step every live query is compared with the same SQL run afresh there.
 * What a case leaves to listeners, second handles and other programs is left out.
 */
import type { Database, DatabaseSync, Row } from '../../core/index.ts';
import type { Case } from '../oracle/case.ts';
import { answerDifference } from '../oracle/compare.ts';
import type { Action } from '../oracle/program.ts';
import type { Query } from '../oracle/queries.ts';

/** What the runner calls; in a page they are the package's. */
export interface Reactive {
  live(
    db: DatabaseSync | Database,
    sql: string,
    params?: Query['params'],
  ): {
    readonly value: readonly Row[] | undefined;
    subscribe(observer: { error(error: unknown): void }): { unsubscribe(): void };
  };
  settled(db: DatabaseSync | Database): Promise<void>;
}

export interface RemoteResult {
  readonly comparisons: number;
  /** Null where nothing differs. */
  readonly difference: string | null;
}

interface Followed {
  readonly query: Query;
  readonly live: ReturnType<Reactive['live']>;
  failed: boolean;
  readonly stop: () => void;
}

export async function runRemoteCase(
  db: Database,
  { live, settled }: Reactive,
  { schema, lives, steps, seed }: Case,
): Promise<RemoteResult> {
  for (const sql of schema) await attempt(() => db.exec(sql));
  const follow = ({ query }: Case['lives'][number]): Followed => {
    const asked = live(db, query.sql, query.params);
    const subscription = asked.subscribe({
      error: () => {
        followed.failed = true;
      },
    });
    const followed: Followed = { query, live: asked, failed: false, stop: () => subscription.unsubscribe() };
    return followed;
  };
  let open = lives.map(follow);
  let comparisons = 0;
  let step = 0;
  for (const { action } of steps) {
    await run(db, action, true);
    if (db.inTransaction) await attempt(() => db.rollback());
    await settled(db);
    step++;
    for (const [at, one] of open.entries()) {
      const fresh = await db.query(one.query.sql, one.query.params).catch(() => null);
      if (fresh === null || one.failed) {
        // After DDL it may fail, and work again: then it is asked for anew.
        one.stop();
        open = open.map((other, i) =>
          i === at ? follow({ query: one.query, owner: 'first', schedule: 'sync' }) : other,
        );
        await settled(db);
        continue;
      }
      comparisons++;
      const possible = one.query.unlimited
        ? await db.query(one.query.unlimited.sql, one.query.unlimited.params)
        : undefined;
      const value = one.live.value;
      const difference = value ? answerDifference(one.query, fresh, value, possible) : 'there is no value';
      if (difference === null) continue;
      const text = `seed ${seed}, step ${step}: ${difference}\n${one.query.sql}`;
      // Where SQLite leaves the answer open, another scan gives another one.
      if (await isOpen(db, one.query, value ?? [])) continue;
      for (const { stop } of open) stop();
      return { comparisons, difference: text };
    }
  }
  for (const { stop } of open) stop();
  return { comparisons, difference: null };
}

async function isOpen(db: Database, query: Query, value: readonly Row[]): Promise<boolean> {
  await db.execute('PRAGMA reverse_unordered_selects = 1');
  const reversed = await db.query(query.sql, query.params);
  await db.execute('PRAGMA reverse_unordered_selects = 0');
  return answerDifference(query, reversed, value) === null;
}

/** Outcomes and errors are the business of the other oracle; here they only have to happen. */
async function run(db: Database, action: Action, isOuter: boolean): Promise<void> {
  switch (action.type) {
    case 'group':
      for (const part of action.body) await run(db, part, false);
      return;
    case 'reading':
      for (const part of action.body) await run(db, part, false);
      return;
    case 'begin':
    case 'transaction': {
      if (!isOuter) return;
      const undo = action.type === 'begin' ? action.end === 'rollback' : action.throws;
      const tx = await db.begin();
      for (const part of flat(action.body)) await attempt(() => tx.execute(part.sql, part.params));
      await attempt(() => (undo ? tx.rollback() : tx.commit()));
      if (tx.isOpen) await attempt(() => tx.rollback());
      return;
    }
    case 'batch':
      await attempt(() => db.executeBatch(action.sql, action.list));
      return;
    case 'run':
      if (action.how === 'commit' || action.how === 'rollback')
        await attempt(() => db[action.how as 'commit']());
      else if (action.how === 'exec') await attempt(() => db.exec(action.sql));
      else if (/RETURNING/.test(action.sql)) await attempt(() => db.query(action.sql, action.params));
      else await attempt(() => db.execute(action.sql, action.params));
      return;
    default:
  }
}

function flat(body: readonly Action[]): Extract<Action, { type: 'run' }>[] {
  return body.flatMap((part) => {
    if (part.type === 'run') return part.how === 'commit' || part.how === 'rollback' ? [] : [part];
    return 'body' in part ? flat(part.body) : [];
  });
}

async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // What the schema refuses it refuses everywhere.
  }
}

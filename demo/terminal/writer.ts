// The other process of the demo: writes into the sample database a few times per second, and tells its parent about each
// commit. Ends when the parent asks, or is gone; Ctrl-C reaches both at once and is the parent's business.
import { setTimeout as wait } from 'node:timers/promises';
import { type DatabaseSync, openSync, type TransactionSync } from '../../core/index.ts';
import { sharedClock, type WriterMessage } from './latencies.ts';
import { makeTitle, ownerCount, pick, seededRandom, teams } from './sample-database.ts';

const ended = new AbortController();
process.on('SIGINT', () => {});
process.on('disconnect', () => ended.abort());
process.on('message', () => ended.abort());

const random = seededRandom(2);
const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));

/** An open issue near the top, where the demo looks. */
function urgentIssue(tx: TransactionSync): number {
  const ids = tx.query<{ id: number }>(
    `SELECT id FROM issues WHERE status = 'open' ORDER BY priority DESC, created DESC LIMIT 8`,
  );
  return pick(ids, random).id;
}

const actions: readonly ((tx: TransactionSync) => string)[] = [
  (tx) => {
    const { lastInsertRowid } = tx.execute(
      `INSERT INTO issues (owner_id, status, priority, created, title) VALUES (?, 'open', 5, ?, ?)`,
      [between(1, ownerCount), Math.floor(Date.now() / 1000), makeTitle(random)],
    );
    return `opened issue ${lastInsertRowid}`;
  },
  (tx) => {
    const id = urgentIssue(tx);
    tx.execute(`UPDATE issues SET status = 'closed' WHERE id = ?`, [id]);
    return `closed issue ${id}`;
  },
  (tx) => {
    const [id, priority] = [urgentIssue(tx), between(3, 5)];
    tx.execute('UPDATE issues SET priority = ? WHERE id = ?', [priority, id]);
    return `gave issue ${id} priority ${priority}`;
  },
  (tx) => {
    const id = urgentIssue(tx);
    tx.execute('UPDATE issues SET title = ? WHERE id = ?', [makeTitle(random), id]);
    return `renamed issue ${id}`;
  },
  (tx) => {
    const [id, team] = [between(1, ownerCount), pick(teams, random)];
    tx.execute('UPDATE owners SET team = ? WHERE id = ?', [team, id]);
    return `moved owner ${id} to team ${team}`;
  },
];

function tell(message: WriterMessage): void {
  process.send?.(message);
}

function commitOnce(db: DatabaseSync): void {
  const committed = db.transaction((tx) => {
    const what = pick(actions, random)(tx);
    const { lastInsertRowid } = tx.execute('INSERT INTO writes (what) VALUES (?)', [what]);
    // The last moment before COMMIT: nobody can have seen the change yet.
    return { commit: Number(lastInsertRowid), at: sharedClock() };
  }, 'immediate');
  tell({ type: 'committed', ...committed });
}

using db = openSync(process.argv[2] ?? '', { mode: 'open' });
while (!ended.signal.aborted) {
  commitOnce(db);
  await wait(between(100, 400), undefined, { signal: ended.signal }).catch(() => {}); // Woken up to end.
}
if (process.connected) process.disconnect();

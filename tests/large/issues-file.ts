import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Random } from '../oracle/random.ts';

const statuses = ['open', 'open', 'closed', 'blocked', 'draft'] as const;
const perTransaction = 50_000;

/**
 * Builds a file of at least so many bytes, or leaves it alone when it is there: issues with a body of 1,000 characters
 * and an index on (status, created). Bare node:sqlite, so that nothing of Freshet is in the figures.
 */
export function buildIssues(path: string, bytes: number, seed: number, log: (line: string) => void): void {
  if (existsSync(path) && statSync(path).size >= bytes) return;
  const random = new Random(seed);
  const db = new DatabaseSync(path);
  db.exec(
    `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -20000;
     DROP TABLE IF EXISTS issues;
     CREATE TABLE issues (id INTEGER PRIMARY KEY, status TEXT, created INTEGER, title TEXT, body TEXT)`,
  );
  const insert = db.prepare('INSERT INTO issues (status, created, title, body) VALUES (?, ?, ?, ?)');
  const words = random.times(64, () => random.next().toString(36).slice(2, 10).padEnd(8, 'x'));
  const body = (): string => {
    let text = '';
    while (text.length < 1000) text += `${random.pick(words)} `;
    return text;
  };
  // The file is written behind SQLite's cache: its size is that of the pages, not what stat says.
  const size = (): number => {
    const [pages, page] = [db.prepare('PRAGMA page_count').get(), db.prepare('PRAGMA page_size').get()];
    return Number(pages?.page_count) * Number(page?.page_size);
  };
  const insertSome = (count: number, first: number): void => {
    for (let row = first; row < first + count; row++)
      insert.run(random.pick(statuses), random.between(0, 1_000_000_000), `issue ${row}`, body());
  };
  for (let rows = 0; size() < bytes; rows += perTransaction) {
    db.exec('BEGIN');
    for (let done = 0; done < perTransaction && size() < bytes; done += 1000)
      insertSome(1000, rows + done + 1);
    db.exec('COMMIT');
    log(`  ${(size() / 2 ** 20).toFixed(0)} MB`);
  }
  db.exec('CREATE INDEX issues_status_created ON issues (status, created)');
  db.exec('PRAGMA journal_mode = WAL');
  db.close();
}

/**
 * What a commit costs when nobody needs it (workload W9), against bare node:sqlite in the same process:
 * the same prepared single-row update, the same pragmas, rounds in turn, medians and their ratios.
 *
 *   npm run bench:quiet [-- --rounds n]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { openSync } from '../core/index.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '61' } } });
const rounds = Number(values.rounds);
const rows = 100_000;

const schema = `
  CREATE TABLE owners(id INTEGER PRIMARY KEY, name TEXT, team INT);
  CREATE TABLE issues(id INTEGER PRIMARY KEY, owner_id INT, status TEXT, priority INT, created INT, title TEXT);
  CREATE INDEX issues_status_created ON issues(status, created);
  CREATE INDEX issues_owner ON issues(owner_id);
  CREATE INDEX issues_created ON issues(created);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO issues SELECT i, i % 1000, 'open', i % 5, i * 7919 % 1000000000, 'title ' || i FROM n;`;
const update = 'UPDATE issues SET priority = ? WHERE id = ?';

interface Contender {
  readonly name: string;
  readonly reach: number;
  /** One write; `i` differs from call to call. */
  write(i: number): unknown;
  begin(): void;
  commit(): void;
}

function bare(path: string): Contender {
  const db = new BareDatabase(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec(schema);
  const statement = db.prepare(update);
  return {
    name: 'bare node:sqlite',
    reach: 1,
    write: (i) => statement.run(i % 5, (i * 7919) % rows),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
  };
}

function freshet(name: string, path: string, reach: number, watched: string | null): Contender {
  const db = openSync(path);
  db.exec(schema);
  if (watched !== null) {
    const watch = db.watchTable(watched, { queueCapacity: 8192 });
    // A reader that keeps up, in turns as an application has them.
    setInterval(async () => {
      while (await watch.next());
    }, 0).unref();
  }
  const statement = db.prepare(update);
  return {
    name,
    reach,
    write: (i) => statement.execute([i % 5, (i * 7919) % rows]),
    begin: () => db.exec('BEGIN'),
    commit: () => db.exec('COMMIT'),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'freshet-bench-'));
const table = new Table({
  head: ['database', 'contender', 'autocommit', 'ratio', 'in a transaction', 'ratio', 'reach'],
});
for (const [database, count, reachOfOwn] of [
  ['memory', 5000, 2.5],
  ['WAL file', 500, 1.5],
] as const) {
  const path = (name: string): string => (database === 'memory' ? ':memory:' : join(folder, `${name}.db`));
  const contenders = [
    bare(path('bare')),
    freshet('nobody watching', path('quiet'), 1.1, null),
    freshet('a watcher on another table', path('other'), 1.5, 'owners'),
    freshet('a watcher on this table', path('own'), reachOfOwn, 'issues'),
  ];
  const auto = contenders.map(() => [] as number[]);
  const inside = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    // Each round begins with another contender, so that none always runs after the same one.
    for (let k = 0; k < contenders.length; k++) {
      const at = (round + k) % contenders.length;
      const contender = contenders[at];
      if (!contender) continue;
      auto[at]?.push(measure(contender, count, round));
      contender.begin();
      inside[at]?.push(measure(contender, count, round));
      contender.commit();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  const [bareAuto = 1] = auto.map(median);
  const [bareInside = 1] = inside.map(median);
  for (const [at, { name, reach }] of contenders.entries()) {
    const one = median(auto[at] ?? []);
    const other = median(inside[at] ?? []);
    table.push([
      database,
      name,
      `${one.toFixed(0)} ns`,
      (one / bareAuto).toFixed(2),
      `${other.toFixed(0)} ns`,
      (other / bareInside).toFixed(2),
      reach === 1 ? '' : `<= ${reach}`,
    ]);
  }
}
console.log(`Node ${process.version}, ${rounds} rounds, median per write`);
console.log(table.toString());
rmSync(folder, { recursive: true, force: true });
process.exit(0);

function measure(contender: Contender, count: number, round: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) contender.write(round * count + i);
  return Number(process.hrtime.bigint() - start) / count;
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

import { openSync } from '../../core/index.ts';

export const teams = ['Atlas', 'Borealis', 'Cumulus', 'Delta', 'Estuary', 'Fjord'] as const;

const verbs = ['Fix', 'Speed up', 'Document', 'Redesign', 'Test', 'Translate', 'Simplify', 'Review'];
const things = [
  'sign-in',
  'search',
  'export',
  'billing page',
  'map view',
  'offline mode',
  'importer',
  'audit log',
];
const places = [
  'on mobile',
  'for large teams',
  'in dark mode',
  'after an update',
  'over slow links',
  'on first start',
];
const givenNames = [
  'Ada',
  'Bao',
  'Carla',
  'Dmitri',
  'Efua',
  'Farid',
  'Grace',
  'Hedy',
  'Ines',
  'Jomo',
  'Kei',
  'Lior',
];
const familyNames = [
  'Adeyemi',
  'Berg',
  'Castro',
  'Dubois',
  'Eriksen',
  'Fontana',
  'Gupta',
  'Haddad',
  'Ito',
  'Jansen',
];

export const ownerCount = 1000;
const rowsAtOnce = 5000;

/** Numbers in [0, 1) that are the same in every run: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T; // Never called with an empty list.
}

export function makeTitle(random: () => number): string {
  return `${pick(verbs, random)} ${pick(things, random)} ${pick(places, random)}`;
}

/** An issue tracker in a new file. Yields the number of issues there are so far, so that the caller can show it or stop. */
export function* makeSampleDatabase(path: string, issues: number, now: Date): Generator<number> {
  using db = openSync(path, { mode: 'create' });
  const random = seededRandom(1);
  const newest = Math.floor(now.getTime() / 1000);
  db.exec(`
    CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT NOT NULL, team TEXT NOT NULL);
    CREATE TABLE issues (
      id INTEGER PRIMARY KEY,
      owner_id INTEGER NOT NULL REFERENCES owners,
      status TEXT NOT NULL,
      priority INTEGER NOT NULL,
      created INTEGER NOT NULL,
      title TEXT NOT NULL
    );
    CREATE INDEX issues_by_urgency ON issues (status, priority, created, owner_id);
    CREATE INDEX issues_by_owner ON issues (owner_id);
    CREATE TABLE writes (id INTEGER PRIMARY KEY, what TEXT NOT NULL);
  `);
  db.executeBatch(
    'INSERT INTO owners (name, team) VALUES (?, ?)',
    Array.from({ length: ownerCount }, () => [
      `${pick(givenNames, random)} ${pick(familyNames, random)}`,
      pick(teams, random),
    ]),
  );
  for (let made = 0; made < issues; ) {
    const batch = Array.from({ length: Math.min(rowsAtOnce, issues - made) }, () => [
      1 + Math.floor(random() * ownerCount),
      pick(['open', 'wip', 'closed'], random),
      1 + Math.floor(random() * 5),
      newest - Math.floor(random() * 1e8),
      makeTitle(random),
    ]);
    db.executeBatch(
      'INSERT INTO issues (owner_id, status, priority, created, title) VALUES (?, ?, ?, ?, ?)',
      batch,
    );
    made += batch.length;
    yield made;
  }
}

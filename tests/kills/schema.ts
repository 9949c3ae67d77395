/** What the writers of the kill campaign write, and what is followed of it. */
export const schema = `
  CREATE TABLE log (w INT, seq INT, part INT, filler, PRIMARY KEY (w, seq, part)) WITHOUT ROWID;
  CREATE TABLE totals (w INTEGER PRIMARY KEY, n INT);
  INSERT INTO totals VALUES (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0);
`;

/** The number of the process that is killed by nobody, and of the one that watches. */
export const survivor = 1;
export const watcher = 2;
export const victims: readonly number[] = [3, 4, 5, 6];

export const queries: readonly string[] = [
  'SELECT w, n FROM totals ORDER BY w',
  'SELECT w, count(*) AS c, max(seq) AS m FROM log GROUP BY w ORDER BY w',
  'SELECT w, seq, part FROM log ORDER BY seq DESC, w, part LIMIT 10',
  'SELECT count(*) AS c FROM log WHERE w IN (SELECT w FROM totals WHERE n > 5)',
];

export const busyTimeoutMs = 12_345;

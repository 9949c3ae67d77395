import { closeSync, openSync as openFile, readSync, writeSync } from 'node:fs';
import { FreshetError, open, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import { fileWith } from '../tests/support/opening.ts';

/** Says in the file's head that its texts have another encoding, and that the schema was changed. */
function damageEncoding(path: string): void {
  const file = openFile(path, 'r+');
  const word = Buffer.alloc(4);
  const put = (at: number, value: number): void => {
    word.writeUInt32BE(value);
    writeSync(file, word, 0, 4, at);
  };
  for (const counter of [24, 40, 92]) {
    readSync(file, word, 0, 4, counter);
    put(counter, word.readUInt32BE() + 1);
  }
  put(56, 2);
  closeSync(file);
}

describe.each(['DatabaseSync', 'Database'])('a text encoding damaged under a live query of a %s', (kind) => {
  it('makes calls and subscribers fail with errors of Freshet, and nothing hang', async () => {
    const path = fileWith(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'a')",
      'delete',
    );
    const errors: unknown[] = [];
    const options = { onError: (error: unknown) => void errors.push(error) };
    const db = kind === 'Database' ? await open(path, options) : openSync(path, options);
    for (const sql of [
      'SELECT s FROM t ORDER BY s',
      'SELECT id FROM t WHERE s IN (SELECT max(s) FROM t)',
      'SELECT s, count(*) AS n FROM t GROUP BY s',
    ])
      live(db, sql).subscribe({ error: (error) => void errors.push(error) });
    await settled(db);
    damageEncoding(path);
    const attempt = async (call: () => unknown): Promise<void> => {
      try {
        await call();
      } catch (error) {
        errors.push(error);
      }
    };
    await attempt(() => db.execute("INSERT INTO t VALUES (2, 'b')"));
    await attempt(() => db.query('SELECT * FROM t'));
    await attempt(() => settled(db));
    const watched = live(db, 'SELECT count(*) AS n FROM t');
    await attempt(() => void watched.subscribe({ error: (error) => void errors.push(error) }));
    await attempt(() => db.query('SELECT * FROM t'));
    await attempt(() => db.close());
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toBeInstanceOf(FreshetError);
  });
});

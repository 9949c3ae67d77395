import { expect, test } from 'vitest';
import { fileWith, opened } from '../../tests/support/opening.ts';
import { thrownBy } from '../../tests/support/thrown.ts';
import type { DatabaseSync } from '../database-sync.ts';

const meanwhile: readonly [what: string, call: (first: DatabaseSync, second: DatabaseSync) => void][] = [
  ['nothing', () => {}],
  ['another handle’s commit', (_, second) => second.execute('INSERT INTO t VALUES (2)')],
  ['a commit that changes nothing', (_, second) => second.execute('UPDATE t SET id = 3 WHERE id = 9')],
  ['a SELECT that fails', (first) => thrownBy(() => first.query('SELECT idd FROM t'))],
  ['a SELECT of a table that isn’t there', (first) => thrownBy(() => first.query('SELECT * FROM tt'))],
];

test.each(meanwhile)('a transaction begins to read when the caller does, after %s', (_, call) => {
  const path = fileWith('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
  const [first, second] = [opened(path), opened(path)];
  for (const db of [first, second]) db.subscribe(() => {});
  const tx = first.begin('deferred');
  call(first, second);
  second.execute('DELETE FROM t');
  expect(tx.query('SELECT * FROM t')).toEqual([]);
  tx.commit();
});

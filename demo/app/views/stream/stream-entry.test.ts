import { openSync, type RowChange } from 'freshet';
import { expect, test } from 'vitest';
import { columnChanges, commitEntry, rowCount, rowName, touches, valueText } from './stream-entry.ts';

/** The change that a statement makes, as the stream tells it. */
async function changeOf(sql: string): Promise<RowChange> {
  using db = openSync(':memory:');
  db.exec(
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, data BLOB); INSERT INTO t VALUES (1, 'a', x'01')",
  );
  const stream = db.changeStream();
  await stream.next();
  db.execute(sql);
  const event = await stream.next();
  if (event?.type !== 'change' || !event.row_changes[0]) throw new Error('no change came');
  expect(rowCount(commitEntry(event, 1, 0))).toEqual({ known: 1, isAll: true });
  return event.row_changes[0];
}

test('an update shows the columns that it changed', async () => {
  const change = await changeOf("UPDATE t SET name = 'b', data = x'01'");
  expect(columnChanges(change)).toEqual([{ column: 'name', before: 'a', after: 'b' }]);
  expect(rowName(change)).toBe('t 1');
});

test('an insert shows all columns after, a delete all before', async () => {
  expect(columnChanges(await changeOf("INSERT INTO t VALUES (2, NULL, x'02')"))).toEqual([
    { column: 'id', before: undefined, after: 2 },
    { column: 'name', before: undefined, after: null },
    { column: 'data', before: undefined, after: new Uint8Array([2]) },
  ]);
  expect(columnChanges(await changeOf('DELETE FROM t')).map(({ before }) => valueText(before))).toEqual([
    '1',
    'a',
    '1 byte',
  ]);
});

test('a commit touches the tables it names, and no filter lets all through', () => {
  const tables = [{ table: 'a', schema_changed: false, row_change_count: 0, wide: true }];
  const entry = {
    kind: 'commit',
    id: 1,
    at: 0,
    lsn: 1,
    source: 'external',
    tables,
    changes: [],
    isTruncated: true,
  } as const;
  expect([[], ['a'], ['b']].map((names) => touches(entry, new Set(names)))).toEqual([true, true, false]);
  expect(rowCount(entry)).toEqual({ known: 0, isAll: false });
});

test('values are short', () => {
  expect(valueText('x'.repeat(500))).toHaveLength(161);
  expect([null, 5n, 1.5, undefined].map(valueText)).toEqual(['NULL', '5', '1.5', '']);
});

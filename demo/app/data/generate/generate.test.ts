import { open } from 'freshet';
import { expect, test } from 'vitest';
import { isComplete } from './generate.ts';

test('a database of a newer version of the page is left alone', async () => {
  await using db = await open(':memory:');
  expect(await isComplete(db)).toBe(false);
  await db.exec('PRAGMA user_version = 99');
  await expect(isComplete(db)).rejects.toThrow('Reload it');
  expect(await db.queryRaw('PRAGMA user_version')).toMatchObject({ rows: [[99]] });
});

import {
  type Database,
  deleteDatabase,
  exportDatabase,
  importDatabase,
  loadWasm,
  open,
  persistStorage,
  storageEstimate,
} from 'freshet';
import { expect, it } from 'vitest';
import * as browser from './index.browser.ts';
import * as node from './index.ts';

it('Node.js has every name that browsers have', () => {
  expect(Object.keys(node)).toEqual(expect.arrayContaining(Object.keys(browser)));
});

it('what is for browsers only says so on Node.js', async () => {
  const calls = {
    deleteDatabase: () => deleteDatabase('notes.db'),
    exportDatabase: async () => exportDatabase({} as Database),
    importDatabase: () => importDatabase('notes.db', new ReadableStream()),
    loadWasm,
    persistStorage,
    storageEstimate,
  };
  for (const [name, call] of Object.entries(calls)) {
    await expect(call()).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      subcode: 'not_supported.browser_only',
      message: expect.stringContaining(`Cannot call ${name}() here`),
    });
  }
});

it('open takes what browsers need, so that one call serves both', async () => {
  await using db = await open(':memory:', { withoutStorage: 'memory' });
  expect(await db.query('SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

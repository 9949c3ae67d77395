import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { missing } from './chromium.ts';
import { launchRaw, type RawTab } from './raw-chromium.ts';
import { serveSite } from './site.ts';
import { executable } from './support.ts';

const opening = `(async () => {
  while (!window.freshet) await new Promise((resolve) => setTimeout(resolve, 20));
  window.db = await window.freshet.open('frozen.db');
  await db.exec('CREATE TABLE IF NOT EXISTS log(writer TEXT, n INTEGER)');
  window.query = window.freshet.live(db, 'SELECT writer, n FROM log ORDER BY writer, n');
  query.subscribe({ error: (error) => { window.liveError = String(error); } });
  await window.freshet.settled(db);
})()`;
const writing = `window.acknowledged = []; window.errors = []; window.isWriting = true; window.written = (async () => {
  for (let n = 0; isWriting; n++) {
    try {
      await db.execute('INSERT INTO log VALUES (?, ?)', ['owner', n]);
      acknowledged.push(n);
    } catch (error) { errors.push(error.code + ' ' + error.retryable); }
  }
})(); 0`;
const owning = `navigator.locks.request('mine', async () => {
  const { held } = await navigator.locks.query();
  const own = held.find(({ name }) => name === 'mine').clientId;
  return held.some(({ name, clientId }) => name === 'freshet:frozen.db' && clientId === own);
})`;
const looking = `(async () => {
  const fresh = await db.query('SELECT writer, n FROM log ORDER BY writer, n');
  await window.freshet.settled(db);
  return { fresh, live: query.value.slice(), liveError: window.liveError };
})()`;

interface Look {
  readonly fresh: readonly { readonly writer: string; readonly n: number }[];
  readonly live: readonly unknown[];
  readonly liveError?: string;
}

describe.skipIf(!executable)(`a frozen tab${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('loses the file it owns, its calls fail retryably, and when it thaws it is one of the others', async () => {
    const site = await serveSite(fileURLToPath(new URL('./page', import.meta.url)));
    const browser = await launchRaw(executable ?? '');
    try {
      const owner: RawTab = await browser.tab(site.url);
      await owner.evaluate(opening);
      expect(await owner.evaluate(owning)).toBe(true);
      const other = await browser.tab(site.url);
      await other.show();
      await other.evaluate(opening);
      await owner.evaluate(writing);
      await expect.poll(() => owner.evaluate('acknowledged.length')).toBeGreaterThan(5);

      await owner.freeze();
      await expect.poll(() => other.evaluate(owning)).toBe(true);
      await other.evaluate(`db.execute("INSERT INTO log VALUES ('other', 1)").then(() => 0)`);

      await owner.show();
      await owner.thaw();
      await expect.poll(() => owner.evaluate('errors.length')).toBeGreaterThan(0);
      const before = await owner.evaluate<number>('acknowledged.length');
      await expect.poll(() => owner.evaluate('acknowledged.length')).toBeGreaterThan(before);
      await owner.evaluate('isWriting = false; written.then(() => 0)');
      expect(new Set(await owner.evaluate<string[]>('errors'))).toEqual(new Set(['CONNECTION true']));

      const acknowledged = await owner.evaluate<number[]>('acknowledged');
      for (const tab of [owner, other]) {
        const { fresh, live, liveError } = await tab.evaluate<Look>(looking);
        expect(liveError).toBeUndefined();
        expect(live).toEqual(fresh);
        const written = fresh.filter(({ writer }) => writer === 'owner').map(({ n }) => n);
        expect(new Set(written).size).toBe(written.length);
        expect(acknowledged.filter((n) => !written.includes(n))).toEqual([]);
        expect(fresh.filter(({ writer }) => writer === 'other')).toHaveLength(1);
      }
    } finally {
      await browser.end();
      await site.end();
    }
  });
});

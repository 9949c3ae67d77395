/**
 * Four tabs write at once while the owner of the file is lost in every way there is. What is checked after each round, in
 * each tab, while all of them hold their writes: every acknowledged write is there, none twice; the live query is alive,
 * and comes to equal a fresh SELECT.
 */
import type { Page } from 'playwright-core';
import type { LiveQuery } from '../../../reactive/index.ts';
import type { TestBrowser } from '../support.ts';

const ways = ['close', 'close the tab', 'crash', 'freeze', 'fail', 'deploy', 'offline'] as const;
type Way = (typeof ways)[number];

const location = 'takeovers.db';
const worker = /browser-engine/;
const select = 'SELECT writer, n FROM log ORDER BY writer, n';

export interface Report {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Calls that failed as lost, and so may have been carried out or not. */
  readonly unknown: number;
  /** Answers of live queries that were compared with the table. */
  readonly compared: number;
  /** The longest time without an acknowledged write in any tab, in milliseconds, for each round. */
  readonly pauses: readonly number[];
  readonly ways: Readonly<Partial<Record<Way, number>>>;
}

interface LogRow {
  readonly writer: string;
  readonly n: number;
}

interface Writing {
  readonly errors: string[];
  isOn: boolean;
  start: () => void;
  done: Promise<void>;
  lastAt: number;
  longestMs: number;
  next: number;
}

declare global {
  interface Window {
    noteWrite: (writer: string, n: number) => Promise<void>;
    written: Writing;
    endReading: () => void;
    liveLog: LiveQuery<LogRow>;
  }
}

/** All ways, in an order drawn again each time that all have been used: so each is used as often as the others. */
function* wayAfterWay(chance: () => number): Generator<Way, never> {
  for (;;) {
    const left: Way[] = [...ways];
    while (left.length > 0) yield* left.splice(Math.floor(chance() * left.length), 1);
  }
}

/** Numbers from 0 to 1, the same for one seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * @param done Called after each round, with how many there have been.
 * @throws what was wrong, with round and way.
 */
export async function campaign(
  browser: TestBrowser,
  rounds: number,
  seed: number,
  done: (rounds: number, acknowledged: number) => void = () => {},
): Promise<Report> {
  const chance = random(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
  const acknowledged = new Set<string>();
  const next = wayAfterWay(chance);
  const used: Partial<Record<Way, number>> = {};
  const pauses: number[] = [];
  const failures: string[] = [];
  let tabs: Page[] = [];
  let named = 0;
  let compared = 0;

  const open = async (): Promise<Page> => {
    const page = await browser.tab();
    await page.exposeFunction('noteWrite', (by: string, n: number) => void acknowledged.add(`${by} ${n}`));
    await page.evaluate(opening, [location, select] as const);
    await page.evaluate(writing, `tab ${named++}`);
    return page;
  };
  for (let at = 0; at < 4; at++) tabs.push(await open());

  for (let round = 0; round < rounds; round++) {
    await progress(tabs, acknowledged);
    const owner = await ownerOf(tabs);
    const others = tabs.filter((page) => page !== owner);
    const way = next.next().value;
    used[way] = (used[way] ?? 0) + 1;
    await Promise.all(others.map((page) => page.evaluate(forgetPauses)));
    const blocked = way === 'deploy' ? pick(others) : undefined;
    await blocked?.route(worker, (route) => route.fulfill({ status: 404 }));
    if (way === 'offline') await browser.context.setOffline(true);
    const isGone = await lose(owner, way, browser);
    await progress(others, acknowledged);
    if (way === 'offline') await browser.context.setOffline(false);
    await blocked?.unrouteAll();
    const longest = await Promise.all(others.map((page) => page.evaluate(() => window.written.longestMs)));
    pauses.push(Math.max(...longest));
    if (isGone) {
      tabs = [...others, await open()];
    } else if (way === 'freeze') {
      await owner.evaluate(() => void document.dispatchEvent(new Event('resume')));
    }
    await progress(tabs, acknowledged);
    for (const page of tabs) {
      for (const failure of await page.evaluate(() => window.written.errors.splice(0)))
        failures.push(failure);
    }
    const wrong = failures.filter((failure) => failure !== 'connection.lost');
    if (wrong.length > 0) throw new Error(`Round ${round} (${way}): a write failed with ${wrong.join(', ')}`);
    await Promise.all(tabs.map((page) => page.evaluate(holding)));
    try {
      await Promise.all(tabs.map((page) => check(page, acknowledged)));
    } catch (cause) {
      throw new Error(`Round ${round} (${way}): ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
    compared += tabs.length;
    done(round + 1, acknowledged.size);
    await Promise.all(tabs.map((page) => page.evaluate(goingOn)));
  }
  await Promise.all(tabs.map((page) => page.evaluate(holding)));
  for (const page of tabs) await page.close();
  return { rounds, acknowledged: acknowledged.size, unknown: failures.length, compared, pauses, ways: used };
}

async function opening([name, sql]: readonly [string, string]): Promise<void> {
  window.db = await window.freshet.open(name);
  await window.db.exec('CREATE TABLE IF NOT EXISTS log(writer TEXT, n INTEGER)');
  const query = window.freshet.live<LogRow>(window.db, sql);
  query.subscribe({
    error: (error) => {
      window.liveError = String(error);
    },
  });
  window.liveLog = query;
  await window.freshet.settled(window.db);
}

/** Writes each number once, whatever comes of it. */
function writing(name: string): void {
  const state: Writing = {
    errors: [],
    isOn: false,
    done: Promise.resolve(),
    start: () => {},
    lastAt: 0,
    longestMs: 0,
    next: 0,
  };
  window.written = state;
  const write = async (): Promise<void> => {
    state.lastAt = performance.now();
    while (state.isOn) {
      const n = state.next++;
      try {
        await window.db.execute('INSERT INTO log VALUES (?, ?)', [name, n]);
        const now = performance.now();
        state.longestMs = Math.max(state.longestMs, now - state.lastAt);
        state.lastAt = now;
        await window.noteWrite(name, n);
        await new Promise((resolve) => setTimeout(resolve, 10));
      } catch (error) {
        const { code, subcode } = error as { code?: string; subcode?: string };
        // The tab's own database is closed and opened again in between.
        if (code !== 'CLOSED') state.errors.push(subcode ?? String(error));
        else await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  state.start = () => {
    state.isOn = true;
    state.done = write();
  };
  state.start();
}

function forgetPauses(): void {
  window.written.longestMs = 0;
}

/** Until what is under way has been answered. */
function holding(): Promise<void> {
  window.written.isOn = false;
  return window.written.done;
}

function goingOn(): void {
  window.written.start();
}

/** True if its tab has gone with it. */
async function lose(owner: Page, way: Way, browser: TestBrowser): Promise<boolean> {
  if (way === 'close') {
    await owner.evaluate(() => window.db.close());
    await owner.evaluate(opening, [location, select] as const);
    return false;
  }
  if (way === 'freeze') {
    await owner.evaluate(() => void document.dispatchEvent(new Event('freeze')));
    return false;
  }
  if (way === 'fail') {
    const [engine] = owner.workers();
    if (!engine) throw new Error('the owner has no worker that could fail');
    await engine.evaluate(() => {
      setTimeout(() => {
        throw new Error('planted');
      });
    });
    return false;
  }
  if (way === 'crash') {
    const crashed = new Promise((resolve) => owner.once('crash', resolve));
    const session = await browser.context.newCDPSession(owner);
    session.send('Page.crash').catch(() => {});
    await crashed;
  }
  await owner.close();
  return true;
}

/** Each tab goes on: it has another write acknowledged. */
async function progress(tabs: readonly Page[], acknowledged: ReadonlySet<string>): Promise<void> {
  const before = acknowledged.size;
  await Promise.all(
    tabs.map((page) =>
      page.evaluate(async () => {
        const { lastAt } = window.written;
        const until = performance.now() + 240_000;
        while (window.written.lastAt === lastAt && window.written.errors.length < 100) {
          if (performance.now() > until) throw new Error('no write was acknowledged for four minutes');
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }),
    ),
  );
  if (acknowledged.size < before) throw new Error('what was acknowledged grew less');
}

async function ownerOf(tabs: readonly Page[]): Promise<Page> {
  for (let attempt = 0; attempt < 500; attempt++) {
    for (const page of tabs) {
      const isOwner = await page.evaluate(async (name) => {
        const mine = crypto.randomUUID();
        return navigator.locks.request(mine, async () => {
          const { held = [] } = await navigator.locks.query();
          const own = held.find((lock) => lock.name === mine)?.clientId;
          return held.some((lock) => lock.name === `freshet:${name}` && lock.clientId === own);
        });
      }, location);
      if (isOwner) return page;
    }
  }
  throw new Error('no tab owns the file');
}

async function check(page: Page, acknowledged: ReadonlySet<string>): Promise<void> {
  const look = await page.evaluate(async (sql) => {
    const fresh = await window.db.query<{ writer: string; n: number }>(sql);
    const expected = JSON.stringify(fresh);
    let isSame = false;
    const error = await new Promise<string | undefined>((resolve) => {
      const limit = setTimeout(() => resolve(undefined), 240_000);
      const end = (why?: string): void => {
        clearTimeout(limit);
        resolve(why);
      };
      const reading = window.liveLog.subscribe({
        next: (rows) => {
          isSame = JSON.stringify(rows) === expected;
          if (isSame) end();
        },
        error: (why: unknown) => end(String(why)),
      });
      window.endReading = () => reading.unsubscribe();
    });
    window.endReading();
    const there: Record<string, number[]> = {};
    for (const { writer, n } of fresh) {
      there[writer] ??= [];
      there[writer].push(n);
    }
    return { there, isSame, liveError: window.liveError ?? error };
  }, select);
  const there = new Set<string>();
  let rows = 0;
  for (const [writer, numbers] of Object.entries(look.there)) {
    rows += numbers.length;
    for (const n of numbers) there.add(`${writer} ${n}`);
  }
  const lost = [...acknowledged].filter((one) => !there.has(one));
  if (lost.length > 0) throw new Error(`Acknowledged, and not there: ${lost.slice(0, 5).join(', ')}`);
  if (there.size < rows) throw new Error('A write was carried out twice');
  if (look.liveError !== undefined || !look.isSame)
    throw new Error(`A live query is not what a fresh SELECT gives: ${look.liveError ?? 'its rows differ'}`);
}

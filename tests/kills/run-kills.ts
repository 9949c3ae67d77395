import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { type Database, type DatabaseSync, open, openSync, type Row } from '../../core/index.ts';
import { type LiveQuery, live } from '../../reactive/index.ts';
import { Random } from '../oracle/random.ts';
import { busyTimeoutMs, queries, schema, survivor, victims, watcher } from './schema.ts';

export type Kind = 'sync' | 'async';
export type Journal = 'wal' | 'delete';

export interface KillOptions {
  readonly seed: number;
  /** How many kills there are of writers that use `openSync`, and of those that use `open`. */
  readonly kills: Readonly<Record<Kind, number>>;
  /** No kill begins after these. */
  readonly seconds: number;
  readonly log?: (line: string) => void;
}

export interface KillResult {
  readonly kills: number;
  /** Commits that writers had acknowledged. */
  readonly acknowledged: number;
  readonly faults: readonly string[];
}

/** Longer than anything takes that comes to an end. */
const patienceMs = 240_000;
const program = fileURLToPath(new URL('./writer.ts', import.meta.url));

/**
 * Kills a process that commits, again and again at random moments, while a second one writes too and a third one,
 * this one, watches: nothing acknowledged may be lost, the file must be whole, and what is live must be what is there.
 */
export async function runKills(options: KillOptions): Promise<KillResult> {
  const random = new Random(options.seed);
  const deadline = performance.now() + options.seconds * 1000;
  const result = { kills: 0, acknowledged: 0, faults: [] as string[] };
  for (const kind of ['sync', 'async'] as const) {
    for (const journal of ['wal', 'delete'] as const) {
      const count = Math[journal === 'wal' ? 'ceil' : 'floor'](options.kills[kind] / 2);
      if (count === 0) continue;
      const campaign = await Campaign.begin(kind, journal, random);
      try {
        for (let left = count; left > 0 && performance.now() < deadline; left -= victims.length) {
          result.kills += await campaign.round(Math.min(left, victims.length));
          if (campaign.faults.length > 0) break;
        }
      } catch (error) {
        campaign.faults.push(String(error));
      }
      await campaign.end();
      result.acknowledged += campaign.acknowledged;
      result.faults.push(...campaign.faults.map((fault) => `${kind}, ${journal}: ${fault}`));
      options.log?.(`${kind}, ${journal}: ${result.kills} kills, ${result.acknowledged} commits so far`);
    }
  }
  return result;
}

/** Kills with one file, one kind of handle and one journal mode. */
class Campaign {
  readonly faults: string[] = [];
  readonly #folder: string;
  readonly #path: string;
  readonly #kind: Kind;
  readonly #random: Random;
  #db!: DatabaseSync | Database;
  #lives: readonly LiveQuery<Row>[] = [];
  #other!: Writer;
  /** How many commits each writer has acknowledged. */
  readonly #acknowledged = new Map<number, number>();

  private constructor(kind: Kind, journal: Journal, random: Random) {
    this.#kind = kind;
    this.#random = random;
    this.#folder = mkdtempSync(join(tmpdir(), 'freshet-kills-'));
    this.#path = join(this.#folder, 'app.db');
    const made = new BareDatabase(this.#path);
    made.exec(`PRAGMA journal_mode = ${journal}; ${schema}`);
    made.close();
  }

  static async begin(kind: Kind, journal: Journal, random: Random): Promise<Campaign> {
    const campaign = new Campaign(kind, journal, random);
    const onError = (error: unknown): void => void campaign.faults.push(`onError: ${error}`);
    const options = { busyTimeoutMs, onError, sync: 'none' } as const;
    campaign.#db = kind === 'sync' ? openSync(campaign.#path, options) : await open(campaign.#path, options);
    campaign.#lives = queries.map((sql) => live<Row>(campaign.#db as DatabaseSync, sql));
    for (const [at, query] of campaign.#lives.entries())
      query.subscribe({ error: (error) => campaign.faults.push(`live query ${at} ended: ${error}`) });
    campaign.#other = await campaign.#start(survivor);
    // It has its say from a victim's start to the look.
    await campaign.#other.pause();
    return campaign;
  }

  get acknowledged(): number {
    return [...this.#acknowledged.values()].reduce((sum, commits) => sum + commits, 0);
  }

  /** Further victims, from their start to the look at what they have left. Returns how many they were. */
  async round(count: number): Promise<number> {
    const started = await Promise.all(victims.slice(0, count).map((number) => this.#start(number)));
    this.#other.resume();
    await Promise.all(started.map((victim) => this.#kill(victim)));
    // Nothing of the dead is in the way of the other, nor of us.
    await this.#other.more(1);
    await this.#write();
    await this.#other.pause();
    this.#acknowledged.set(survivor, this.#other.committed);
    await this.#look();
    return count;
  }

  async #kill(victim: Writer): Promise<void> {
    const [commits, delay] = [this.#random.between(0, 3), this.#random.next() * 60];
    await victim.more(commits);
    await sleep(delay);
    await victim.kill();
    this.faults.push(...victim.errors);
    if (victim.committed > 0) this.#acknowledged.set(victim.number, victim.committed);
  }

  async end(): Promise<void> {
    await this.#other.kill();
    this.faults.push(...this.#other.errors);
    await this.#db.close();
    const bare = new BareDatabase(this.#path);
    this.#judge(bare.prepare('SELECT w, n FROM totals').all(), bare.prepare('PRAGMA integrity_check').all());
    bare.close();
    const again = openSync(this.#path, { busyTimeoutMs });
    this.#judgeTimeout(again.query('PRAGMA busy_timeout'));
    again.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(number: number): Promise<Writer> {
    const writer = new Writer(this.#path, number, this.#kind, this.#random.between(1, 1_000_000));
    await writer.said((line) => line === 'ready');
    return writer;
  }

  /** This process writes, too. */
  async #write(): Promise<void> {
    await this.#db.execute('UPDATE totals SET n = n + 1 WHERE w = ?', [watcher]);
    const own = (this.#acknowledged.get(watcher) ?? 0) + 1;
    this.#acknowledged.set(watcher, own);
  }

  /** While nobody writes. */
  async #look(): Promise<void> {
    const totals = await this.#db.query('SELECT w, n FROM totals');
    this.#judge(totals, await this.#db.query('PRAGMA integrity_check'));
    this.#judgeTimeout(await this.#db.query('PRAGMA busy_timeout'));
    const torn = await this.#db.query(
      'SELECT w, n, (SELECT max(seq) FROM log WHERE log.w = totals.w) AS m FROM totals WHERE w <> ? AND n IS NOT coalesce(m, 0)',
      [watcher],
    );
    if (torn.length > 0) this.faults.push(`half a transaction is there: ${JSON.stringify(torn)}`);
    for (const [at, sql] of queries.entries()) await this.#becomesFresh(at, sql);
  }

  async #becomesFresh(at: number, sql: string): Promise<void> {
    const fresh = await this.#db.query<Row>(sql);
    const shown = (): Row[] => [...(this.#lives[at]?.value ?? [])].map((row) => ({ ...row }));
    for (const until = performance.now() + patienceMs; !isDeepStrictEqual(shown(), fresh); await sleep(5)) {
      if (performance.now() < until) continue;
      this.faults.push(`stale: ${sql}: ${JSON.stringify(shown())}, not ${JSON.stringify(fresh)}`);
      return;
    }
  }

  #judge(totals: readonly Record<string, unknown>[], integrity: readonly Record<string, unknown>[]): void {
    if (integrity[0]?.integrity_check !== 'ok') this.faults.push(`integrity: ${JSON.stringify(integrity)}`);
    for (const [number, least] of this.#acknowledged) {
      const there = Number(totals.find(({ w }) => w === number)?.n);
      if (!(there >= least)) this.faults.push(`writer ${number}: ${there} of ${least} acknowledged commits`);
    }
  }

  #judgeTimeout([row]: readonly Row[]): void {
    if (row?.timeout !== busyTimeoutMs) this.faults.push(`the busy timeout is ${JSON.stringify(row)}`);
  }
}

/** `writer.ts` in a process of its own. */
class Writer {
  readonly number: number;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #waiting = new Set<{ readonly is: (line: string) => boolean; readonly done: () => void }>();
  readonly errors: string[] = [];
  /** The last commit that it has acknowledged. */
  committed = 0;
  #isOver = false;

  constructor(path: string, number: number, kind: Kind, seed: number) {
    this.number = number;
    this.#child = fork(program, [path, String(number), kind, String(seed)], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const { stdout } = this.#child;
    if (!stdout) throw new Error('The writer has no output');
    const lines = createInterface(stdout).on('line', (line) => this.#hear(line));
    this.#closed = Promise.all([once(this.#child, 'exit'), once(lines, 'close')]).then(() => {
      this.#isOver = true;
      for (const { done } of this.#waiting) done();
    });
  }

  /** Resolves when it says such a line; fails when it ends, or takes too long. */
  async said(is: (line: string) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { is, done: resolve };
    this.#waiting.add(waiting);
    const timer = setTimeout(resolve, patienceMs, 'late');
    const late = await (promise as Promise<unknown>);
    clearTimeout(timer);
    this.#waiting.delete(waiting);
    if (late === 'late')
      throw new Error(`A writer did nothing for ${patienceMs} ms after commit ${this.committed}`);
    if (this.#isOver) throw new Error(`A writer ended: ${this.errors}`);
  }

  /** Resolves after that many further commits. */
  async more(commits: number): Promise<void> {
    for (let n = 0; n < commits; n++) await this.said((line) => line.startsWith('committed'));
  }

  async pause(): Promise<void> {
    const paused = once(this.#child, 'message', { signal: AbortSignal.timeout(patienceMs) });
    this.#child.send('pause');
    await paused;
  }

  resume(): void {
    this.#child.send('go');
  }

  /** SIGKILL; what it had said is heard all the same. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #hear(line: string): void {
    if (line.startsWith('committed')) this.committed = Number(line.split(' ')[1]);
    if (line.startsWith('error')) this.errors.push(line);
    for (const { is, done } of this.#waiting) if (is(line)) done();
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const start = fileURLToPath(new URL('./start.ts', import.meta.url));
/** Linux tells which processes a process started. */
const childrenOf = (pid: number) => `/proc/${pid}/task/${pid}/children`;

let directory: string;
let demo: ChildProcess;
let lines: Interface;
let output: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'freshet-demo-test-'));
});

afterEach(() => {
  demo.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function run(...args: string[]): Promise<number | null> {
  demo = spawn(process.execPath, [start, '--issues', '1000', ...args], {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  if (demo.stdout) lines = createInterface({ input: demo.stdout });
  return once(demo, 'close').then(([code]) => code as number | null);
}

async function lineWith(text: string): Promise<void> {
  for await (const line of lines) if (line.includes(text)) return;
  throw new Error(`The demo ended without a line with ${text}: ${output}`);
}

test('the demo ends by itself, with a summary, and leaves nothing behind', async () => {
  expect(await run('--seconds', '10')).toBe(0);
  expect(output).toMatch(
    /Saw \d+ commits and showed \d+ changes\. From commit to screen: median .* ms, p99 .* ms\./,
  );
  expect(readdirSync(directory)).toEqual([]);
});

test('Ctrl-C ends the demo, its writer and its database', async () => {
  const exited = run();
  await lineWith('commit 1: ');
  const writer = existsSync('/proc') ? readFileSync(childrenOf(demo.pid ?? 0), 'utf8').trim() : '';
  demo.kill('SIGINT');
  expect(await exited).toBe(0);
  expect(output).toContain('Saw ');
  expect(readdirSync(directory)).toEqual([]);
  if (writer !== '') expect(existsSync(`/proc/${writer}`)).toBe(false);
});

test.skipIf(!existsSync('/proc/self/task'))(
  'a writer that dies is reported, with exit code 1 (needs /proc to find the writer)',
  async () => {
    const exited = run();
    await lineWith('commit 1: ');
    process.kill(Number(readFileSync(childrenOf(demo.pid ?? 0), 'utf8')), 'SIGKILL');
    expect(await exited).toBe(1);
    expect(output).toContain('The demo failed: the writing process ended (SIGKILL)');
    expect(readdirSync(directory)).toEqual([]);
  },
);

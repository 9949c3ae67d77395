import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, missing } from './chromium.ts';
import { serveFolder } from './site.ts';
import { executable } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const application = `
import { open, loadWasm, openSync } from 'freshet';
import { live, settled } from 'freshet/reactive';
const db = await open('packed.db');
await db.exec('CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY)');
const rows = live(db, 'SELECT count(*) AS n FROM t');
rows.subscribe();
await db.execute('INSERT INTO t DEFAULT VALUES');
await settled(db);
await loadWasm();
const memory = openSync(':memory:');
memory.exec('CREATE TABLE t(a); INSERT INTO t VALUES (7)');
const own = live(memory, 'SELECT a FROM t', [], { schedule: 'sync' });
own.subscribe();
console.log('answer', JSON.stringify([rows.value, own.value]));
`;

let folder: string;

/** An application of its own, with the package as npm would install it, and Vite without configuration. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-packed-'));
  const [packed = ''] = execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .trim()
    .split('\n')
    .slice(-1);
  const modules = join(folder, 'app', 'node_modules');
  mkdirSync(modules, { recursive: true });
  execFileSync('tar', ['xzf', join(folder, packed), '-C', modules]);
  cpSync(join(modules, 'package'), join(modules, 'freshet'), { recursive: true });
  rmSync(join(modules, 'package'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'freshet' && !name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(folder, 'app', 'package.json'), '{ "name": "application", "type": "module" }');
  writeFileSync(
    join(folder, 'app', 'index.html'),
    '<!doctype html><script type="module" src="./main.js"></script>',
  );
  writeFileSync(join(folder, 'app', 'main.js'), application);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the application says, in Chromium. */
async function answerAt(url: string): Promise<unknown> {
  const { context, end } = await launch(executable ?? '');
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    const said = page.waitForEvent('console', {
      predicate: (message) => message.text().startsWith('answer '),
    });
    await page.goto(url);
    const text = await said.then(
      (message) => message.text(),
      (error) => `${error}; ${errors.join('; ')}`,
    );
    expect(errors).toEqual([]);
    return JSON.parse(text.replace('answer ', ''));
  } finally {
    await end();
  }
}

const expected = [[{ n: 1 }], [{ a: 7 }]];

describe.skipIf(!executable)(
  `the packed package in an application${executable ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('is built by Vite without configuration', async () => {
      await build({ root: join(folder, 'app'), configFile: false, logLevel: 'error', base: './' });
      const site = await serveFolder(join(folder, 'app', 'dist'), () => {});
      try {
        expect(await answerAt(site.url)).toEqual(expected);
      } finally {
        await site.end();
      }
    });

    test('is served by Vite while it is written, without configuration', async () => {
      const server = await createServer({
        root: join(folder, 'app'),
        configFile: false,
        logLevel: 'error',
        server: { host: '127.0.0.1', port: 0, fs: { strict: false } },
      });
      await server.listen();
      try {
        expect(await answerAt(server.resolvedUrls?.local[0] ?? '')).toEqual(expected);
      } finally {
        await server.close();
      }
    });
  },
);

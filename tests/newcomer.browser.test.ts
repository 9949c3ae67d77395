import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { build, createLogger } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launch, missing } from './browser/chromium.ts';
import { serveFolder } from './browser/site.ts';
import { executable } from './browser/support.ts';
import { type GuideFile, guideFiles } from './support/guide-files.ts';
import { root } from './support/snippets.ts';

let folder: string;
let app: string;
let context: BrowserContext;
let url: string;
const errors: string[] = [];
const ends: (() => Promise<void>)[] = [];

/** A folder as the guide has it: the packed package and the libraries that it names are installed, nothing else. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-newcomer-'));
  app = join(folder, 'tasks');
  const modules = join(app, 'node_modules');
  mkdirSync(modules, { recursive: true });
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  execFileSync('tar', ['xzf', join(folder, packed.trim().split('\n').at(-1) ?? ''), '-C', folder]);
  renameSync(join(folder, 'package'), join(modules, 'freshet'));
  // What npm would get from the network is what this repository has.
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'freshet' && !name.startsWith('.'))
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
});

afterAll(async () => {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** What `npm run build` of the guide does. */
async function written(files: readonly GuideFile[]): Promise<void> {
  for (const { file, text } of files) {
    mkdirSync(dirname(join(app, file)), { recursive: true });
    writeFileSync(join(app, file), text);
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc], { cwd: app, encoding: 'utf8' });
  const warnings: string[] = [];
  const customLogger = { ...createLogger('error'), warn: (message: string) => void warnings.push(message) };
  await build({ root: app, customLogger });
  // A module for Node.js in the page, say. That the worker's program is large is no mistake of the page.
  expect(
    warnings.filter(
      (warning) => !warning.includes('PLUGIN_TIMINGS') && !warning.includes('chunkSizeWarningLimit'),
    ),
  ).toEqual([]);
}

/** The policy that the guide gives for the server. */
const policy =
  /^Content-Security-Policy: (.+)$/m.exec(readFileSync(join(root, 'docs/guide.md'), 'utf8'))?.[1] ?? '';

async function tab(): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url);
  return page;
}

const add = async (page: Page, title: string): Promise<void> => {
  await page.getByLabel('A new task').fill(title);
  await page.getByRole('button', { name: 'Add' }).click();
};

describe.skipIf(!executable)(`the guide${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test('leads to a page that shows an empty list', async () => {
    await written(guideFiles('docs/guide.md', { until: '## 4.' }));
    const browser = await launch(executable ?? '');
    ({ context } = browser);
    expect(policy).toContain('wasm-unsafe-eval');
    const site = await serveFolder(join(app, 'dist'), () => {}, { 'content-security-policy': policy });
    ({ url } = site);
    ends.push(browser.end, site.end);
    const page = await tab();
    await page.getByText('Nothing to do.').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('goes on to one that writes, is live in a second tab, and keeps its data', async () => {
    await written(guideFiles('docs/guide.md', { until: '## 6.' }));
    const page = await tab();
    await add(page, 'Mend the roof');
    await page.getByText('Mend the roof').waitFor();
    await page.getByText('0 of 1 done').waitFor();

    const second = await tab();
    await second.getByText('Mend the roof').waitFor();
    await add(second, 'Paint the door');
    await page.getByText('Paint the door').waitFor();
    await page.getByLabel('Mend the roof', { exact: true }).click();
    await second.getByText('1 of 2 done').waitFor();
    expect(await second.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringContaining('Paint the door'),
      expect.stringContaining('Mend the roof'),
    ]);

    await add(page, '   ');
    await page.getByRole('alert').filter({ hasText: 'CHECK' }).waitFor();
    // What is refused is still in the field, and what is accepted isn't.
    expect(await page.getByLabel('A new task').inputValue()).toBe('   ');
    await add(page, 'Oil the hinges');
    await page.getByText('Oil the hinges').waitFor();
    expect(await page.getByLabel('A new task').inputValue()).toBe('');
    await page.getByRole('button', { name: 'Remove Oil the hinges' }).click();
    await page.getByText('1 of 2 done').waitFor();

    // The first tab ran the database: the second one takes over.
    await page.close();
    await second.getByRole('button', { name: 'Remove Mend the roof' }).click();
    await second.getByText('0 of 1 done').waitFor();
    await second.reload();
    await second.getByText('Paint the door').waitFor();
    expect(errors).toEqual([]);
    await second.close();
  });

  test('ends with a second version that takes the data along', async () => {
    await written(guideFiles('docs/guide.md'));
    const page = await tab();
    await page.getByText('Paint the door').waitFor();
    await add(page, 'Clean the gutter');
    await page.getByText('0 of 2 done').waitFor();
    await page.reload();
    await page.getByText('0 of 2 done').waitFor();
    expect(errors).toEqual([]);
  });

  test('has an older version say that it must be reloaded, which changes nothing', async () => {
    const files = guideFiles('docs/guide.md');
    const older = files.map(({ file, text }) => ({
      file,
      text: text.replace(/\n {2}'ALTER TABLE tasks ADD COLUMN created.*/, ''),
    }));
    expect(older).not.toEqual(files);
    await written(older);
    const page = await tab();
    await page.getByRole('alert').filter({ hasText: 'Reload it' }).waitFor();
    await written(files);
    await page.reload();
    await page.getByText('0 of 2 done').waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });
});

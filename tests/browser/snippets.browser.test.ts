import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { root, snippetsOf } from '../support/snippets.ts';
import { launch, missing } from './chromium.ts';
import { serveSite } from './site.ts';
import { executable } from './support.ts';

const snippets = snippetsOf('ts browser');
const folder = mkdtempSync(join(root, 'tests', '.snippets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!executable)(`documentation${executable ? '' : ` (skipped: ${missing})`}`, () => {
  test.each(snippets)('runs browser snippet $index of $page', async ({ code }) => {
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><script type="module" src="./snippet.ts"></script>',
    );
    writeFileSync(join(folder, 'snippet.ts'), `${code}\nconsole.log('snippet done');\n`);
    const site = await serveSite(folder);
    const { context, end } = await launch(executable ?? '');
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      const done = page.waitForEvent('console', (message) => message.text() === 'snippet done');
      await page.goto(site.url);
      await done;
      expect(errors).toEqual([]);
    } finally {
      await end();
      await site.end();
    }
  });
});

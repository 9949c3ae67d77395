import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiPage, apiPages } from '../scripts/api-docs/api-pages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
let pages: readonly ApiPage[];

beforeAll(() => {
  pages = apiPages();
});

/** The names that a subpath's index exports, as its source says. */
function exportsOf(index: string): string[] {
  const text = readFileSync(join(root, index), 'utf8');
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gms)].flatMap(([, names = '']) =>
    names
      .split(',')
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter(Boolean),
  );
}

describe('the API reference', () => {
  it('is what the sources say: run npm run docs:api', () => {
    for (const { file, text } of pages) expect(text, file).toBe(readFileSync(join(root, file), 'utf8'));
  });

  it('has a page for every subpath, and no other', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const subpaths = Object.keys(exports).filter((path) => path !== './package.json');
    expect(pages).toHaveLength(subpaths.length);
    expect(readdirSync(join(root, 'docs', 'api')).sort()).toEqual(
      pages.map(({ file }) => file.replace('docs/api/', '')).sort(),
    );
  });

  it('has TSDoc for every export', () => {
    expect(
      pages.flatMap(({ file, undocumented }) => undocumented.map((name) => `${name} of ${file}`)),
    ).toEqual([]);
  });

  it.each([
    ['core/index.ts', 'docs/api/freshet.md'],
    ['core/index.browser.ts', 'docs/api/freshet.md'],
    ['reactive/index.ts', 'docs/api/reactive.md'],
    ['react-hooks/index.ts', 'docs/api/react-hooks.md'],
    ['devtools/index.ts', 'docs/api/devtools.md'],
    ['testing/index.ts', 'docs/api/testing.md'],
  ])('shows every export of %s', (index, file) => {
    const text = pages.find((page) => page.file === file)?.text ?? '';
    const missing = exportsOf(index).filter((name) => !text.includes(`\n### ${name}\n`));
    expect(missing).toEqual([]);
  });
});

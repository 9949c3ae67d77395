import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const generated = join(root, 'tests', '.snippets');
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

/** Every TypeScript block of a page that stands by itself: it imports what it uses. */
const snippets = pages.flatMap((page) => {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ''], index) => ({ page, index, code }));
});

let folder: string;
let home: string;

beforeAll(() => {
  mkdirSync(generated, { recursive: true });
  home = process.cwd();
  folder = mkdtempSync(join(tmpdir(), 'freshet-snippets-'));
});

afterAll(() => {
  vi.restoreAllMocks();
  rmSync(generated, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe('documentation', () => {
  it('has snippets', () => {
    expect(snippets.length).toBeGreaterThan(1);
  });

  it.each(snippets)('runs snippet $index of $page', async ({ page, index, code }) => {
    const file = join(generated, `${page.replaceAll(/\W/g, '-')}-${index}.ts`);
    // Relative file names of a snippet belong into the temporary folder.
    const placed = code.replaceAll(
      /\b(open(?:Sync)?)\('([\w.-]+\.db)'/g,
      (_, call, name) => `${call}('${join(folder, name)}'`,
    );
    writeFileSync(file, placed);
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    await import(file);
    expect(printed).toHaveBeenCalled();
    expect(process.cwd()).toBe(home);
  });
});

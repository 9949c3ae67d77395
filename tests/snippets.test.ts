import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { placedIn, root, snippetsOf } from './support/snippets.ts';

const snippets = snippetsOf('ts');

let generated: string;
let folder: string;
let home: string;

beforeAll(() => {
  generated = mkdtempSync(join(root, 'tests', '.snippets-ts-'));
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

  it.each(snippets)('runs snippet $index of $page', async ({ name, code }) => {
    const file = join(generated, `${name}.ts`);
    writeFileSync(file, placedIn(folder, code));
    const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
    printed.mockClear();
    await import(file);
    expect(printed).toHaveBeenCalled();
    expect(process.cwd()).toBe(home);
  });
});

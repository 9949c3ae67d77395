// @vitest-environment jsdom
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Root } from 'react-dom/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { placedIn, root, snippetsOf } from './support/snippets.ts';

const snippets = snippetsOf('tsx');
const roots: Root[] = [];

// What a snippet renders is taken down again when it has been looked at.
vi.mock('react-dom/client', async (original) => {
  const dom = await original<typeof import('react-dom/client')>();
  const createRoot: typeof dom.createRoot = (...args) => {
    const made = dom.createRoot(...args);
    roots.push(made);
    return made;
  };
  return { ...dom, createRoot };
});

let generated: string;
let folder: string;

beforeAll(() => {
  generated = mkdtempSync(join(root, 'tests', '.snippets-tsx-'));
  folder = mkdtempSync(join(tmpdir(), 'freshet-snippets-'));
});

afterAll(() => {
  rmSync(generated, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe('documentation', () => {
  it('has pages that render', () => {
    expect(snippets.length).toBeGreaterThan(1);
  });

  it.each(snippets)('renders snippet $index of $page', async ({ name, code }) => {
    const file = join(generated, `${name}.tsx`);
    writeFileSync(file, placedIn(folder, code));
    const errors = vi.spyOn(console, 'error').mockClear();
    document.body.innerHTML = '<div id="root"></div>';
    const place = document.getElementById('root');
    try {
      await import(file);
      // A page may be a field alone, which has no text.
      await expect.poll(() => place?.innerHTML ?? '').not.toBe('');
      await expect.poll(() => place?.textContent ?? '').not.toMatch(/Loading|^Opening/);
    } finally {
      for (const made of roots.splice(0)) made.unmount();
    }
    await expect.poll(() => place?.innerHTML).toBe('');
    expect(errors.mock.calls).toEqual([]);
  });
});

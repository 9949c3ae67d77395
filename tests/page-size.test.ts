import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './support/snippets.ts';

const read = (file: string): string => readFileSync(join(root, file), 'utf8');

it('README and documentation give the limit that the gate holds a page to', () => {
  const [page] = JSON.parse(read('.size-limit.json')) as readonly { readonly limit: string }[];
  for (const file of ['README.md', 'docs/asynchronous.md']) {
    expect(/loads less than (\d+ KB)/.exec(read(file))?.[1]).toBe(page?.limit);
  }
});

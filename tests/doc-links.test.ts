import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pages, root } from './support/snippets.ts';

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(textOf(page)).matchAll(/^#+ (.*)$/gm)) {
    const plain = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let name = plain;
    for (let times = 1; anchors.has(name); times++) name = `${plain}-${times}`;
    anchors.add(name);
  }
  return anchors;
}

const withoutCode = (text: string): string =>
  text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));

function brokenLinks(page: string): string[] {
  return [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^https?:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return [link];
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor) ? [link] : [];
  });
}

describe('documentation', () => {
  it.each(pages)('%s has links that lead somewhere', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });

  it('has an index that leads to every page', () => {
    const index = textOf('docs/README.md');
    const missing = pages.filter(
      (page) =>
        page.startsWith('docs/') && page !== 'docs/README.md' && !index.includes(`](${page.slice(5)})`),
    );
    expect(missing).toEqual([]);
  });
});

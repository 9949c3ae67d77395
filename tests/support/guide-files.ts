import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './snippets.ts';

export interface GuideFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The files that a page has its reader write: its blocks whose fence names a file, as `tsx src/app.tsx`. Each is whole,
 * and a later one of the same name takes the place of an earlier one. `until` is the heading that they stand before.
 */
export function guideFiles(page: string, { until }: { readonly until?: string } = {}): readonly GuideFile[] {
  const markdown = readFileSync(join(root, page), 'utf8');
  const end = until === undefined ? markdown.length : markdown.indexOf(`\n${until}`);
  if (end < 0) throw new Error(`${page} has no heading ${until}`);
  const blocks = markdown.slice(0, end).matchAll(/^```\w+ (\S+\.\w+)\n(.*?)^```/gms);
  return [...blocks].map(([, file = '', text = '']) => ({ file, text }));
}

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** Every page that users read, relative to the repository. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
];

/** A fenced block of code. */
export interface Snippet {
  readonly page: string;
  /** Its number among the blocks of its kind on the page. */
  readonly index: number;
  /** A name for its file, without an ending. */
  readonly name: string;
  readonly code: string;
}

/**
 * The blocks that are opened with this, no more and no less:
 *
 * - `ts`: a program of its own, which imports what it uses and prints something.
 * - `tsx`: a page of its own, which ends by rendering into `document.getElementById('root')`.
 * - `ts browser`: a program for a browser.
 * - `tsx test`: a test file.
 *
 * Others, such as `ts theirs`, aren't run.
 */
export function snippetsOf(fence: string): readonly Snippet[] {
  return pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    return [...text.matchAll(new RegExp(`^\`\`\`${fence}\n(.*?)^\`\`\``, 'gms'))].map(
      ([, code = ''], index) => ({
        page,
        index,
        name: `${page.replaceAll(/\W/g, '-')}-${index}`,
        code,
      }),
    );
  });
}

/** The code with the file names of its databases in a folder of its own. */
export function placedIn(folder: string, code: string): string {
  const own = mkdtempSync(join(folder, 'snippet-'));
  return code.replaceAll(
    /\b(open(?:Sync)?)\('([\w.-]+\.db)'/g,
    (_, call: string, name: string) => `${call}('${join(own, name)}'`,
  );
}

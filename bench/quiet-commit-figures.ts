/** W9 is a program of its own (`npm run bench:quiet`); here it runs, and its table is read back. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

export interface QuietCommit {
  readonly text: string;
  readonly figures: readonly Readonly<Record<string, string>>[];
}

export function measureQuietCommit(quick: boolean): QuietCommit {
  const script = join(import.meta.dirname, 'quiet-commit.ts');
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', script, '--rounds', quick ? '5' : '61'],
    { encoding: 'utf8', maxBuffer: 2 ** 24 },
  );
  if (status !== 0) return { text: `failed: ${stderr.slice(-500)}`, figures: [] };
  const text = stdout.trimEnd();
  const [head = [], ...lines] = stripVTControlCharacters(text)
    .split('\n')
    .filter((line) => line.startsWith('│'))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return { text, figures: lines.map((line) => named(head, line)) };
}

/** Two columns are called `ratio`: each belongs to the one before it. */
function named(head: readonly string[], line: readonly string[]): Record<string, string> {
  const key = (at: number) => (head[at] === 'ratio' ? `${head[at - 1]}, ratio` : (head[at] ?? ''));
  return Object.fromEntries(line.map((cell, at) => [key(at), cell]));
}

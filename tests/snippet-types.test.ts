import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root, type Snippet, snippetsOf } from './support/snippets.ts';

const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** What the compiler has to say of snippets. */
async function complaints(files: readonly (readonly [name: string, code: string])[], index: string) {
  const folder = mkdtempSync(join(root, 'tests', '.snippet-types-'));
  try {
    for (const [name, code] of files) writeFileSync(join(folder, name), code);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions: {
          // A page shows what is there; it needn't use all of it.
          noUnusedLocals: false,
          paths: {
            freshet: [index],
            'freshet/reactive': ['../../reactive/index.ts'],
            'freshet/react-hooks': ['../../react-hooks/index.ts'],
            'freshet/devtools': ['../../devtools/index.ts'],
            'freshet/testing': ['../../testing/index.ts'],
          },
        },
        include: [],
        files: files.map(([name]) => name),
      }),
    );
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder, '--noEmit'], { cwd: root });
    return (await run.catch((error: { stdout: string }) => error)).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const named = (snippets: readonly Snippet[], ending: string) =>
  snippets.map(({ name, code }) => [`${name}.${ending}`, code] as const);

it('every snippet of the documentation has types that fit', async () => {
  const files = [
    ...named(snippetsOf('ts'), 'ts'),
    ...named(snippetsOf('tsx'), 'tsx'),
    ...named(snippetsOf('tsx test'), 'test.tsx'),
  ];
  expect(await complaints(files, '../../core/index.ts')).toBe('');
});

it('every snippet for a browser has types that fit', async () => {
  const files = named(snippetsOf('ts browser'), 'ts');
  expect(await complaints(files, '../../core/index.browser.ts')).toBe('');
  // What a compiler sees that resolves packages as for Node.js.
  expect(await complaints(files, '../../core/index.ts')).toBe('');
});

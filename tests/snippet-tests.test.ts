import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root, snippetsOf } from './support/snippets.ts';

const snippets = snippetsOf('tsx test');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** As an application's: Freshet under its names, and nothing else that is ours. */
const config = `
import { join } from 'node:path';
const root = ${JSON.stringify(root)};
const folders = { freshet: 'core', 'freshet/reactive': 'reactive', 'freshet/react-hooks': 'react-hooks', 'freshet/testing': 'testing' };
export default {
  resolve: {
    alias: Object.entries(folders).map(([name, folder]) => ({
      find: new RegExp('^' + name + '$'), replacement: join(root, folder, 'index.ts'),
    })),
  },
};
`;

/** That of this process, without what Vitest tells the processes it starts. */
function applicationEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|VITE_|NODE_ENV|TEST$)/.test(name)),
  );
}

it('the tests that the documentation shows pass', async () => {
  expect(snippets.length).toBeGreaterThan(0);
  const folder = mkdtempSync(join(root, 'tests', '.snippet-tests-'));
  try {
    writeFileSync(join(folder, 'vitest.config.ts'), config);
    for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.test.tsx`), code);
    const run = promisify(execFile)(
      process.execPath,
      [vitest, 'run', '--root', folder, '--reporter=json', `--outputFile=${join(folder, 'report.json')}`],
      { cwd: folder, env: applicationEnvironment() },
    );
    const { stderr } = await run.catch((error: { stderr: string }) => error);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report;
    const failures = report.testResults.flatMap((file) => [
      ...(file.message ? [file.message] : []),
      ...file.assertionResults.flatMap(({ failureMessages }) => failureMessages ?? []),
    ]);
    expect(failures, stderr).toEqual([]);
    expect(report.numPassedTests).toBeGreaterThanOrEqual(snippets.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly failureMessages?: readonly string[] }[];
  }[];
}

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const source = fileURLToPath(new URL('./freshet.ts', import.meta.url));
const { engines } = createRequire(import.meta.url)('freshet/package.json') as { engines: { node: string } };

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'freshet-entry-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** The entry as JavaScript, beside no main.js: had it been imported, the message would be another one. */
function compiled(): string {
  const entry = join(directory, 'freshet.mjs');
  writeFileSync(entry, stripTypeScriptTypes(readFileSync(source, 'utf8')));
  return entry;
}

/** The first Node.js in the usual places whose major version is below 24. */
function oldNode(): { path: string; version: string } | undefined {
  for (const path of ['/usr/local/bin/node', '/usr/bin/node', '/opt/node20/bin/node']) {
    try {
      const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
      if (Number.parseInt(version, 10) < 24) return { path, version };
    } catch {
      // Not there.
    }
  }
  return undefined;
}

test('the needed Node.js version is the one that package.json asks for', () => {
  expect(readFileSync(source, 'utf8')).toContain(`'${engines.node.replace('>=', '')}'`);
});

test.each([
  '20.20.2',
  '24.9.9',
])('on Node.js %s the command says what it needs and exits with 1', (version) => {
  const preload = join(directory, 'preload.mjs');
  writeFileSync(preload, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', preload, compiled(), '--version'],
    {
      encoding: 'utf8',
    },
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(`needs Node.js ${engines.node.replace('>=', '')} or newer`);
  expect(stderr).toContain(`this is Node.js ${version}`);
});

const old = oldNode();

test.skipIf(old === undefined)(
  `a real old Node.js (${old?.version ?? 'none is installed, so this is skipped'}) parses the entry and gets the same message`,
  () => {
    const { status, stderr } = spawnSync(old?.path ?? '', [compiled(), 'watch'], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain(`this is Node.js ${old?.version}`);
  },
);

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shipped } from '../shipped.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['core', 'reactive', 'react-hooks', 'devtools', 'testing', 'cli', 'tsconfig.build.json'];

/** Compiles the package, unless what there is is newer than every source. Says so before it does. */
export function buildPackage(say: (text: string) => void): void {
  const built = Math.min(...shipped.map(({ replacement }) => modified(replacement)));
  const written = Math.max(...sources.map((name) => newestIn(join(root, name))));
  if (built > written) return;
  say('Building the package …\n');
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

function newestIn(path: string): number {
  if (!statSync(path).isDirectory()) return modified(path);
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

const modified = (path: string): number => (existsSync(path) ? statSync(path).mtimeMs : 0);

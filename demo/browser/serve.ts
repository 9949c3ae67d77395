// `npm run demo`: the page of this folder, over the package as it is shipped, until Ctrl-C.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { shipped } from './shipped.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));

if (!shipped.every(({ replacement }) => existsSync(replacement))) {
  console.log('Building the package first …');
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

const server = await createServer({
  root: folder,
  configFile: false,
  clearScreen: false,
  logLevel: 'warn',
  resolve: { alias: [...shipped] },
  server: { host: '127.0.0.1', port: 5173, fs: { allow: [root] } },
  // SQLite finds its .wasm beside itself, so it stays where it is. What only the worker imports is named, as Vite would
  // otherwise find it late and load the page again.
  optimizeDeps: { include: ['rxjs', 'sqlite3-parser'], exclude: ['@sqlite.org/sqlite-wasm'] },
  worker: { format: 'es' },
});
await server.listen();
console.log(`Freshet in the browser: ${server.resolvedUrls?.local[0]}`);
console.log('Open it in two tabs. Ctrl-C ends it.');
process.once('SIGINT', () => void server.close());

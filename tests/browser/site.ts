import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { build } from 'vite';
import { shipped } from '../../demo/shipped.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
};

/** A page built by Vite as an application's would be, from the package as it is shipped, and served. */
export async function serveSite(folder: string): Promise<{ url: string; end(): Promise<void> }> {
  const out = mkdtempSync(join(tmpdir(), 'freshet-site-'));
  await build({
    root: folder,
    base: './',
    configFile: false,
    logLevel: 'warn',
    resolve: { alias: [...shipped] },
    build: { outDir: out, emptyOutDir: true, minify: false, target: 'es2022' },
    worker: { format: 'es' },
  });
  return serveFolder(out, () => rmSync(out, { recursive: true, force: true }));
}

export async function serveFolder(
  folder: string,
  ended: () => void,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ url: string; end(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    const isThere = file.startsWith(folder) && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!isThere) {
      response.writeHead(404).end();
      return;
    }
    const type = types[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, ...headers });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      ended();
    },
  };
}

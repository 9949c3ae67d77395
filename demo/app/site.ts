import { fileURLToPath } from 'node:url';
import type { InlineConfig } from 'vite';
import { shipped } from '../shipped.ts';

/** Where the built application is put. */
export const built = fileURLToPath(new URL('./dist', import.meta.url));

/** How Vite builds and serves the application: over the package as it is shipped, and otherwise as any other. */
export const site: InlineConfig = {
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  configFile: false,
  clearScreen: false,
  logLevel: 'warn',
  resolve: { alias: [...shipped] },
  build: {
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    // "use client" in components says nothing where there is no server.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  // SQLite finds its .wasm beside itself, so it stays where it is. What only the worker imports is named, as Vite would
  // otherwise find it late and load the page again.
  optimizeDeps: { include: ['rxjs', 'sqlite3-parser'], exclude: ['@sqlite.org/sqlite-wasm'] },
  worker: { format: 'es' },
};

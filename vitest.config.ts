import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^freshet$/, replacement: source('./core/index.ts') },
      { find: /^freshet\/react-hooks$/, replacement: source('./react-hooks/index.ts') },
      { find: /^freshet\/devtools$/, replacement: source('./devtools/index.ts') },
      { find: /^freshet\/testing$/, replacement: source('./testing/index.ts') },
      { find: /^freshet\/reactive$/, replacement: source('./reactive/index.ts') },
    ],
  },
  test: {
    include: ['{core,reactive,react-hooks,devtools,cli,demo,tests}/**/*.test.{ts,tsx}'],
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    execArgv: ['--expose-gc'],
  },
});

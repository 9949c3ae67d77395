import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^freshet$/, replacement: source('./core/index.ts') },
      { find: /^freshet\/testing$/, replacement: source('./testing/index.ts') },
      { find: /^freshet\/reactive$/, replacement: source('./reactive/index.ts') },
    ],
  },
  test: {
    include: ['{core,reactive,cli,demo,tests}/**/*.test.ts'],
    testTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
    execArgv: ['--expose-gc'],
  },
});

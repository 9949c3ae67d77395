import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const hooks = 'react-hooks/**/*.test.tsx';

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
    // Tests wait for events; these limits only end what hangs, on a machine that has much else to do too.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 240_000 } },
    execArgv: ['--expose-gc'],
    projects: [
      {
        extends: true,
        test: {
          name: 'freshet',
          include: ['{core,reactive,react-hooks,devtools,cli,demo,tests}/**/*.test.{ts,tsx}'],
          exclude: [hooks, '**/node_modules/**'],
        },
      },
      // The hooks run on both versions of React that they support.
      { extends: true, test: { name: 'react 19', include: [hooks], provide: { react: '19' } } },
      {
        extends: true,
        resolve: {
          alias: [
            {
              find: /^(react|react-dom)(\/.*)?$/,
              replacement: source('./tests/react-18/node_modules/$1$2'),
            },
            // Its modules, whose imports can be replaced; Node would load those that call require.
            {
              find: /^@testing-library\/react$/,
              replacement: source('./node_modules/@testing-library/react/dist/@testing-library/react.esm.js'),
            },
          ],
        },
        test: {
          name: 'react 18',
          include: [hooks],
          provide: { react: '18' },
          server: { deps: { inline: [/@testing-library/] } },
        },
      },
    ],
  },
});

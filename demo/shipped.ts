import { fileURLToPath } from 'node:url';

const dist = (path: string): string => fileURLToPath(new URL(`../dist/${path}`, import.meta.url));

/** Where the package's names lead in a page, as an application's bundler reads them off package.json. */
export const shipped = [
  { find: /^freshet$/, replacement: dist('core/index.browser.js') },
  { find: /^freshet\/reactive$/, replacement: dist('reactive/index.js') },
  { find: /^freshet\/react-hooks$/, replacement: dist('react-hooks/index.js') },
  { find: /^freshet\/devtools$/, replacement: dist('devtools/index.js') },
  { find: /^freshet\/testing$/, replacement: dist('testing/index.js') },
] as const;

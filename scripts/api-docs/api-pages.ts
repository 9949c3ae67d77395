import { type ApiItem, nameOf } from './api-item.ts';
import { apiPage, exportsOf, sectionsOf } from './api-page.ts';
import { extractApi } from './extract-api.ts';

export interface ApiPage {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
  /** Exports without a TSDoc comment. */
  readonly undocumented: readonly string[];
}

const subpaths = [
  { subpath: 'freshet', entry: 'dist/core/index.d.ts' },
  { subpath: 'freshet/reactive', entry: 'dist/reactive/index.d.ts' },
  { subpath: 'freshet/react-hooks', entry: 'dist/react-hooks/index.d.ts' },
  { subpath: 'freshet/devtools', entry: 'dist/devtools/index.d.ts' },
  { subpath: 'freshet/testing', entry: 'dist/testing/index.d.ts' },
] as const;

/** The API reference, made from what `npm run build` has put into `dist`. */
export function apiPages(): readonly ApiPage[] {
  return subpaths.map(({ subpath, entry }) => {
    const items = extractApi(entry);
    const browser = subpath === 'freshet' ? onlyInBrowser(items) : [];
    return {
      file: `docs/api/${subpath.replace('freshet/', '')}.md`,
      text: apiPage(subpath, [...sectionsOf(items), { title: 'In a browser', exports: exportsOf(browser) }]),
      undocumented: undocumented([...items, ...browser]),
    };
  });
}

/** A function counts as documented if one of its overloads is. */
function undocumented(items: readonly ApiItem[]): readonly string[] {
  const bare = exportsOf(items).filter((overloads) => overloads.every(({ docComment }) => !docComment));
  return bare.map(([item]) => nameOf(item));
}

/** What the browser's entry exports in place of Node's, or beside it. */
function onlyInBrowser(items: readonly ApiItem[]): readonly ApiItem[] {
  const same = new Set(items.map(({ fileUrlPath }) => fileUrlPath));
  return extractApi('dist/core/index.browser.d.ts').filter(({ fileUrlPath }) => !same.has(fileUrlPath));
}

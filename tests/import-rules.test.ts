import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = [
  'core',
  'reactive',
  'testing',
  'sync',
  'react-hooks',
  'devtools',
  'cli',
  'demo',
  'tests',
  'bench',
] as const;

/** Which folders each folder may import, itself aside. */
const allowed: Readonly<Record<(typeof folders)[number], readonly string[]>> = {
  core: [],
  reactive: ['core'],
  testing: ['core', 'reactive'],
  sync: ['core'],
  'react-hooks': ['reactive', 'core'],
  devtools: ['reactive', 'core'],
  cli: ['core', 'reactive', 'sync', 'react-hooks'],
  demo: ['core', 'reactive', 'sync', 'react-hooks', 'devtools', 'cli'],
  tests: folders,
  bench: ['core', 'reactive', 'sync'],
};

/** Libraries that only one place may import. */
const reserved: readonly (readonly [library: RegExp, folder: RegExp])[] = [
  [/^(node:sqlite|@sqlite\.org\/sqlite-wasm|better-sqlite3)/, /^core\/drivers\//],
  [/^(rxjs|immer)(\/|$)/, /^reactive\//],
  [/^(yjs|lib0|y-protocols)(\/|$)/, /^sync\//],
  [/^react(-dom)?(\/|$)/, /^(react-hooks|demo)\//],
];

interface Edge {
  readonly from: string;
  readonly to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.includes('node_modules'))
    .map((name) => join(folder, name).split(sep).join('/'));
}

function importsOf(file: string): Edge[] {
  const text = readFileSync(join(root, file), 'utf8');
  // Only statements at the beginning of a line: texts and comments hold imports too.
  const found = text.matchAll(/^(?:import|export)\b[^;'"`]*?from '([^']+)';|^import '([^']+)';/gm);
  const dynamic = text.matchAll(/\bimport\('([^']+)'\)/g);
  return [...found, ...dynamic].map((match) => {
    const target = match[1] ?? match[2] ?? '';
    const to = target.startsWith('.')
      ? normalize(join(dirname(file), target))
          .split(sep)
          .join('/')
      : target;
    return { from: file, to };
  });
}

const existing = folders.filter((folder) => readdirSync(root).includes(folder));
const files = existing.flatMap(sources);
const isTest = (file: string): boolean =>
  /\.(test|test-d|bench)\.tsx?$/.test(file) || /^(tests|bench|demo\/measure)\//.test(file);
const production = files.filter((file) => !isTest(file));
const edges = production.flatMap(importsOf);

describe('imports', () => {
  it('are found at all', () => {
    expect(edges.length).toBeGreaterThan(100);
    expect(edges).toContainEqual({ from: 'core/index.ts', to: 'core/open-sync.ts' });
  });

  it('run one way between the folders', () => {
    const wrong = edges.filter(({ from, to }) => {
      // What a page runs an engine with is loaded when it is asked for; it holds the live queries, too.
      if (from === 'core/browser/open.ts' && to === 'reactive/in-page-engine.ts') return false;
      const source = from.split('/')[0] as (typeof folders)[number];
      const target = to.split('/')[0] ?? '';
      const isOurs = to.endsWith('.ts') || to.endsWith('.tsx');
      return isOurs && target !== source && !allowed[source].includes(target);
    });
    expect(wrong).toEqual([]);
  });

  it('of a reserved library stand in its folder only', () => {
    const wrong = edges.filter(({ from, to }) =>
      reserved.some(([library, folder]) => library.test(to) && !folder.test(from)),
    );
    expect(wrong).toEqual([]);
  });

  it('name a library that package.json lists, or a part of Node', () => {
    const {
      name: own,
      dependencies,
      peerDependencies,
      devDependencies,
    } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const wrong = edges.filter(({ from, to }) => {
      if (/\.(tsx?|css)$/.test(to) || to.startsWith('node:')) return false;
      // The demo shows the package from outside, and isn't shipped.
      const known = from.startsWith('demo/')
        ? { [own]: '', ...dependencies, ...devDependencies }
        : { ...dependencies, ...peerDependencies };
      return !Object.keys(known).some((name) => to === name || to.startsWith(`${name}/`));
    });
    expect(wrong).toEqual([]);
  });

  it('form no cycle', () => {
    const targets = new Map<string, string[]>();
    for (const { from, to } of edges) targets.set(from, [...(targets.get(from) ?? []), to]);
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0)
        throw new Error(
          `Import cycle: ${[...path.slice(at), file].map((f) => relative('.', f)).join(' -> ')}`,
        );
      if (done.has(file)) return;
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    expect(() => {
      for (const file of production) visit(file, []);
    }).not.toThrow();
  });
});

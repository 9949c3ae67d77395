import { type ApiItem, nameOf, signatureOf } from './api-item.ts';
import { type DocComment, parseDocComment } from './doc-comment.ts';

/** What is exported under one name: the overloads of a function, or a single item. */
export type ApiExport = readonly [ApiItem, ...ApiItem[]];

/** A part of a page: exports under a heading. */
export interface ApiSection {
  readonly title: string;
  readonly exports: readonly ApiExport[];
}

/** The Markdown of one subpath's reference. */
export function apiPage(subpath: string, sections: readonly ApiSection[]): string {
  const filled = sections.filter(({ exports }) => exports.length > 0);
  const anchors = anchorsOf(filled.flatMap(({ exports }) => exports));
  const link = (one: ApiExport): string => `[${nameOf(one[0])}](#${anchors.get(one)})`;
  const parts = [
    `# ${subpath}`,
    '<!-- Made by `npm run docs:api` from the TSDoc in the sources: change it there. -->',
    ...filled.map(({ title, exports }) => `${title}: ${exports.map(link).join(' · ')}`),
    ...filled.flatMap(({ title, exports }) => [`## ${title}`, ...exports.map(entry)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Sorted into functions, classes and types. */
export function sectionsOf(items: readonly ApiItem[]): readonly ApiSection[] {
  const of = (...kinds: readonly string[]) => exportsOf(items.filter(({ kind }) => kinds.includes(kind)));
  return [
    { title: 'Functions', exports: of('Function', 'Variable') },
    { title: 'Classes', exports: of('Class') },
    { title: 'Types', exports: of('Interface', 'TypeAlias') },
  ];
}

/** By name, in the order of names. */
export function exportsOf(items: readonly ApiItem[]): readonly ApiExport[] {
  const byName = new Map<string, ApiExport>();
  for (const item of items) {
    const [first, ...more] = byName.get(nameOf(item)) ?? [];
    byName.set(nameOf(item), first ? [first, ...more, item] : [item]);
  }
  return [...byName].sort(([a], [b]) => compare(a, b)).map(([, overloads]) => overloads);
}

function entry(overloads: ApiExport): string {
  return [`### ${nameOf(overloads[0])}`, ...overloads.map(described)].join('\n\n');
}

function described(item: ApiItem): string {
  const doc = parseDocComment(item.docComment);
  const members = (item.members ?? []).filter(({ kind }) => kind !== 'Constructor');
  return [
    `\`\`\`typescript\n${signatureOf(item)}\n\`\`\``,
    ...details(doc),
    members.map(listed).join('\n'),
    doc.example,
  ]
    .filter(Boolean)
    .join('\n\n');
}

function details(doc: DocComment): string[] {
  return [
    doc.summary,
    doc.parameters.map(({ name, text }) => `* \`${name}\`: ${text}`).join('\n'),
    doc.returns && `Returns ${lowerFirst(doc.returns)}`,
    ...doc.throws.map((text) => `Throws ${text}`),
  ].filter(Boolean);
}

function listed(member: ApiItem): string {
  const doc = parseDocComment(member.docComment);
  const text = details(doc)
    .map((part) => part.replaceAll(/\s*\n+(\* )?/g, ' '))
    .join(' ');
  const signature = signatureOf(member).replaceAll(/\s+/g, ' ').replace(/;$/, '');
  return `* \`${signature}\`${text && `: ${text}`}`;
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** As GitHub makes them: of headings of the same name the second one ends in `-1`. */
function anchorsOf(exports: readonly ApiExport[]): ReadonlyMap<ApiExport, string> {
  const seen = new Map<string, number>();
  return new Map(
    exports.map((one) => {
      const name = nameOf(one[0]).toLowerCase();
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return [one, times === 0 ? name : `${name}-${times}`];
    }),
  );
}

function compare(a: string, b: string): number {
  const [left, right] = [a.toLowerCase(), b.toLowerCase()];
  return left === right ? 0 : left < right ? -1 : 1;
}

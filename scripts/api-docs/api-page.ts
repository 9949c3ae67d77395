import { type ApiItem, nameOf, signatureOf } from './api-item.ts';
import { type DocComment, parseDocComment } from './doc-comment.ts';

/** A part of a page: items under a heading. */
export interface ApiSection {
  readonly title: string;
  readonly items: readonly ApiItem[];
}

/** The Markdown of one subpath's reference. */
export function apiPage(subpath: string, sections: readonly ApiSection[]): string {
  const filled = sections.filter(({ items }) => items.length > 0);
  const anchors = anchorsOf(filled.flatMap(({ items }) => items));
  const link = (item: ApiItem): string => `[${nameOf(item)}](#${anchors.get(item)})`;
  const parts = [
    `# ${subpath}`,
    '<!-- Made by `npm run docs:api` from the TSDoc in the sources: change it there. -->',
    ...filled.map(({ title, items }) => `${title}: ${items.map(link).join(' · ')}`),
    ...filled.flatMap(({ title, items }) => [`## ${title}`, ...items.map(section)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Sorted into functions, classes and types. */
export function sectionsOf(items: readonly ApiItem[]): readonly ApiSection[] {
  const sorted = [...items].sort((a, b) => compare(nameOf(a), nameOf(b)));
  const of = (...kinds: readonly string[]) => sorted.filter(({ kind }) => kinds.includes(kind));
  return [
    { title: 'Functions', items: of('Function', 'Variable') },
    { title: 'Classes', items: of('Class') },
    { title: 'Types', items: of('Interface', 'TypeAlias') },
  ];
}

function section(item: ApiItem): string {
  const doc = parseDocComment(item.docComment);
  const members = (item.members ?? []).filter(({ kind }) => kind !== 'Constructor');
  return [
    `### ${nameOf(item)}`,
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
function anchorsOf(items: readonly ApiItem[]): ReadonlyMap<ApiItem, string> {
  const seen = new Map<string, number>();
  return new Map(
    items.map((item) => {
      const name = nameOf(item).toLowerCase();
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      return [item, times === 0 ? name : `${name}-${times}`];
    }),
  );
}

function compare(a: string, b: string): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}

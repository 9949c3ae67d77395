export interface DocComment {
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly text: string }[];
  readonly returns: string;
  readonly throws: readonly string[];
  readonly example: string;
}

/** Reads a TSDoc comment. Remarks follow the summary. */
export function parseDocComment(comment = ''): DocComment {
  const text = comment
    .replace(/^\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .replaceAll(/^ *\* ?/gm, '')
    .trim();
  const parts = text.split(
    /^(?=@(?:param|typeParam|returns|throws|remarks|example|see|defaultValue|deprecated)\b)/m,
  );
  const blocks = parts.filter((part) => part.startsWith('@'));
  const summary = parts[0]?.startsWith('@') ? '' : (parts[0] ?? '');
  const of = (tag: string): string[] =>
    blocks.filter((block) => block.startsWith(`@${tag}`)).map((block) => block.slice(tag.length + 1).trim());
  const remarks = of('remarks').filter((remark) => !remark.startsWith('The constructor for this class'));
  return {
    summary: [summary, ...remarks].map(flow).filter(Boolean).join('\n\n'),
    parameters: of('param').map((param) => {
      const [, name = '', rest = ''] = /^(\S+)\s*(?:-\s*)?(.*)$/s.exec(param) ?? [];
      return { name, text: flow(rest) };
    }),
    returns: of('returns').map(flow).join(' '),
    throws: of('throws').map(flow),
    example: of('example').join('\n\n'),
  };
}

/** Paragraphs on a line each, links as code. */
function flow(text: string): string {
  return text
    .replaceAll(
      /\{@link ([^}|]+?)(?:\s*\|\s*([^}]+))?\}/g,
      (_, target: string, label?: string) => label ?? `\`${target}\``,
    )
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) =>
      /^\s*([-*|]|```)/m.test(paragraph) ? paragraph.trim() : paragraph.replaceAll(/\s*\n\s*/g, ' ').trim(),
    )
    .join('\n\n');
}

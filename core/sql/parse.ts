import { parseStmt } from 'sqlite3-parser';

const options = { allowTrailing: true, emitTokens: true } as const;
type Parsed = ReturnType<typeof parseStmt>;

let last: { readonly text: string; readonly parsed: Parsed } | undefined;

/**
 * The first statement of a text, with its tokens. Calls for the same text in the same turn share one tree, which must
 * not be changed. Parsing a long text costs as much as running it.
 */
export function parseFirst(text: string): Parsed {
  if (last?.text === text) return last.parsed;
  if (!last) queueMicrotask(() => (last = undefined));
  const parsed = parseStmt(text, options);
  last = { text, parsed };
  return parsed;
}

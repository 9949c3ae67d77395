import { FreshetError } from 'freshet';
import { tokenize, tokenName } from 'sqlite3-parser';

/** What is wrong with a statement, and where. */
export interface Problem {
  readonly message: string;
  readonly hint?: string;
  /** Offsets in the statement's text. */
  readonly span?: Span;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Names of the columns of each table. */
export type Schema = ReadonlyMap<string, readonly string[]>;

const missingColumn = /no such column: (?:.*\.)?(?<name>[^.]+)$/s;
const missingTable = /no such (?:table|view): (?:.*\.)?(?<name>[^.]+)$/s;

/** An error of the engine, with the place and the name that was probably meant, where these can be told. */
export function problemOf(error: unknown, sql: string, schema: Schema): Problem {
  // SQLite's own words: what is added to them in development is shown here beside them.
  const said = error instanceof FreshetError && error.code === 'SQL' ? (error.cause ?? error) : error;
  const message = said instanceof Error ? said.message : String(said);
  const column = missingColumn.exec(message)?.groups?.name;
  const table = missingTable.exec(message)?.groups?.name;
  const name = column ?? table;
  const span = name === undefined ? undefined : spanOf(name, sql);
  const known = table === undefined ? [...new Set([...schema.values()].flat())] : [...schema.keys()];
  const meant = name === undefined ? undefined : nearest(name, known);
  const hint =
    meant === undefined
      ? name === undefined
        ? hintOf(error)
        : `${table === undefined ? 'Columns' : 'Tables'} are completed while you type; Ctrl+Space lists them.`
      : `Did you mean ${meant}?`;
  return { message, ...(hint !== undefined && { hint }), ...(span && { span }) };
}

function hintOf(error: unknown): string | undefined {
  if (!(error instanceof FreshetError)) return undefined;
  const place = [error.table, error.column].filter((part) => part !== undefined).join('.');
  return place === '' ? `Code ${error.subcode}.` : `Code ${error.subcode}, of ${place}.`;
}

/** Where a name stands in the text, as a name: not within a string or a comment. */
function spanOf(name: string, sql: string): Span | undefined {
  const wanted = name.toLowerCase();
  try {
    for (const { type, text, span } of tokenize(sql)) {
      if (tokenName(type) === 'STRING') continue;
      if (text.replace(/^["'`[]|["'`\]]$/g, '').toLowerCase() === wanted) {
        return { from: span.offset, to: span.offset + span.length };
      }
    }
  } catch {
    // What can't be divided into tokens has no names.
  }
  return undefined;
}

/** The known name that takes the fewest edits, if it is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length * 0.4));
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const one of known) {
    const edits = distance(name.toLowerCase(), one.toLowerCase());
    if (edits <= most && edits < (best?.edits ?? Number.POSITIVE_INFINITY)) best = { name: one, edits };
  }
  return best?.name;
}

/** Inserts, deletes, replacements and swaps of neighbours that make one text the other. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, isSwap ? at(i - 2, j - 2) + 1 : replaced),
      );
    }
  }
  return at(a.length, b.length);
}

import type { SqlValue } from '../core/index.ts';

/**
 * What a terminal obeys instead of showing: control characters, line and paragraph separators, lone surrogates, and the
 * invisible marks that turn or hide text. Joiners (U+200C, U+200D) stay: scripts and emoji are written with them.
 */
const unprintable =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}-\u{202e}\u{2060}-\u{206f}\u{feff}]/gu;

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Text as one line that is safe to send to a terminal, of about `limit` UTF-16 units at most. */
export function printable(text: string, limit = Number.POSITIVE_INFINITY): string {
  if (text.length <= limit) return text.replace(unprintable, escaped);
  // Not between the halves of a surrogate pair.
  const end = /[\ud800-\udbff]/.test(text[limit - 1] ?? '') ? limit - 1 : limit;
  return `${text.slice(0, end).replace(unprintable, escaped)}…`;
}

function blob(bytes: Uint8Array, limit: number): string {
  const shown = Math.max(1, Math.min(bytes.length, Math.floor(limit / 2)));
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(shown, bytes.length)).toString('hex');
  return shown < bytes.length ? `x'${hex}…' (${bytes.length} bytes)` : `x'${hex}'`;
}

/** A value as a table's cell shows it: text as it is, without quotes. */
export function cellText(value: SqlValue, limit?: number): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return printable(value, limit);
  if (value instanceof Uint8Array) return blob(value, limit ?? Number.POSITIVE_INFINITY);
  if (value === Number.POSITIVE_INFINITY) return 'Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** A value in running text: as {@link cellText}, but text in quotes as in SQL, so that NULL, 1, 'NULL' and '1' differ. */
export function inlineText(value: SqlValue, limit?: number): string {
  return typeof value === 'string'
    ? `'${printable(value, limit).replaceAll("'", "''")}'`
    : cellText(value, limit);
}

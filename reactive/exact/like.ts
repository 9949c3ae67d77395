/**
 * LIKE as SQLite has it by default: ASCII letters in either case, up to the first NUL character.
 * Not: `PRAGMA case_sensitive_like`, a user's function `like`, builds that match no blobs (the caller must know).
 * The hard part: a blob is matched by SQLite's own, lenient reading of UTF-8. No pattern makes it backtrack:
 * between two `%` the leftmost match is as good as any.
 */
import type { DriverValue } from '../../core/drivers/driver.ts';

/** SQLite refuses patterns of more than 50,000 bytes. */
const longestPattern = 10_000;

export type LikeTest = (subject: string | Uint8Array) => boolean;

/** Undefined for a pattern that has no exact test here. */
export function compileLike(pattern: string, escapedBy: string | undefined): LikeTest | undefined {
  // SQLite reads U+FFFE and U+FFFF as U+FFFD, which also stands for what isn't UTF-8.
  if (pattern.length > longestPattern || /[\ufffd-\uffff]/.test(pattern)) return undefined;
  // As an escape a wildcard loses its meaning, in ways that differ from one version to the next.
  if (escapedBy !== undefined && (!isOneCharacter(escapedBy) || escapedBy === '%' || escapedBy === '_'))
    return undefined;
  const segments = segmentsOf(untilNul(pattern), escapedBy);
  if (segments === undefined) return () => false;
  const [first = '', ...rest] = segments;
  if (rest.length === 0) return anchored(new RegExp(`^${first}$`, 'u'));
  const last = rest.pop() as string;
  if (rest.length === 0 && last === '') return anchored(new RegExp(`^${first}`, 'u'));
  const start = first === '' ? undefined : new RegExp(first, 'uy');
  const middle = rest.filter((segment) => segment !== '').map((segment) => new RegExp(segment, 'ug'));
  const end = last === '' ? undefined : new RegExp(`${last}$`, 'ug');
  const searches = [start, ...middle, end].filter((search) => search !== undefined);
  return (subject) => {
    const text = textOfSubject(subject);
    let position = 0;
    for (const search of searches) {
      search.lastIndex = position;
      if (!search.test(text)) return false;
      position = search.lastIndex;
    }
    return true;
  };
}

/** Whether LIKE can be told of the value at all: of a REAL it isn't, since its text depends on the version. */
export function isLikeSubject(value: DriverValue): value is string | Uint8Array {
  return typeof value === 'string' || value instanceof Uint8Array;
}

function anchored(expression: RegExp): LikeTest {
  return (subject) => expression.test(textOfSubject(subject));
}

/** The sources of the regular expressions between the `%`; undefined if nothing can match. */
function segmentsOf(pattern: string, escapedBy: string | undefined): readonly string[] | undefined {
  const segments: string[] = [];
  let segment = '';
  let escaped = false;
  for (const character of pattern) {
    if (escaped) {
      segment += sourceOf(character);
      escaped = false;
    } else if (character === escapedBy) {
      escaped = true;
    } else if (character === '%') {
      segments.push(segment);
      segment = '';
    } else {
      segment += character === '_' ? '[^]' : sourceOf(character);
    }
  }
  return escaped ? undefined : [...segments, segment];
}

function sourceOf(character: string): string {
  if (/[A-Za-z]/.test(character)) return `[${character.toLowerCase()}${character.toUpperCase()}]`;
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}

function isOneCharacter(text: string): boolean {
  return [...text].length === 1 && text !== '\0';
}

function textOfSubject(subject: string | Uint8Array): string {
  return untilNul(typeof subject === 'string' ? subject : lenientText(subject));
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** As `sqlite3Utf8Read`: whatever a lead byte and the continuation bytes after it add up to, in 32 bits. */
function lenientText(bytes: Uint8Array): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    let code = bytes[at++] as number;
    if (code >= 0xc0) {
      // The bits that the lead byte carries. SQLite's table has 0 for FE and 6 bits less for each step above C0.
      code = leadBits(code);
      while (at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80) {
        code = ((code << 6) + ((bytes[at++] as number) & 0x3f)) >>> 0;
      }
      if (code < 0x80 || (code >= 0xd800 && code < 0xe000) || code === 0xfffe || code === 0xffff)
        code = 0xfffd;
    }
    // What is no character matches wildcards only, as U+FFFF does here.
    text += String.fromCodePoint(code > 0x10ffff ? 0xffff : code);
  }
  return text;
}

function leadBits(lead: number): number {
  if (lead < 0xe0) return lead & 0x1f;
  if (lead < 0xf0) return lead & 0x0f;
  if (lead < 0xf8) return lead & 0x07;
  if (lead < 0xfc) return lead & 0x03;
  return lead < 0xfe ? lead & 0x01 : 0;
}

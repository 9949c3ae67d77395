import { tokenize, tokenName } from 'sqlite3-parser';
import { foldName, plainName } from './identifier.ts';

/** What SQLite says against a text that it is to compile; undefined where it compiles it. */
export type Refusal = (sql: string) => string | undefined;

/** What a message of SQLite names, and as what. */
export interface Missing {
  readonly kind: 'column' | 'table' | 'view' | 'function';
  readonly name: string;
  /** Of a column that a write names. */
  readonly table?: string;
}

const named = [
  /^no such (?<kind>column|table|view|function): (?<name>.+?)(?: - should this be a string literal in single-quotes\?)?$/s,
  /^table (?<table>.+) has no (?<kind>column) named (?<name>.+)$/s,
  /^ambiguous (?<kind>column) name: (?<name>.+)$/s,
  /^(?:wrong number of arguments to|misuse of (?:aggregate|window)) ?(?<kind>function)?:? (?<name>.+)\(\)$/s,
];

export function missingIn(message: string): Missing | undefined {
  const found = named.map((pattern) => pattern.exec(message)?.groups).find((groups) => groups !== undefined);
  if (!found) return undefined;
  // A name in double quotes may have been meant for a text, and SQLite repeats them.
  const name = (found.name ?? '').replace(/^"(.*)"$/s, '$1');
  return { kind: 'function', ...found, name };
}

const illegal = /^near "(?<text>.+)": syntax error$|^unrecognized token: "(?<text>.*)"$/s;

/** Each is one more text for SQLite to compile. */
const mostTries = 50;
const longest = 100_000;

/**
 * Where SQLite met what its message is about, in UTF-16 units; undefined where that is in doubt. Node's driver
 * doesn't give SQLite's own offset, so it is found by what SQLite says against texts that differ from this one.
 */
export function errorOffset(sql: string, message: string, refusal: Refusal): number | undefined {
  if (sql.length > longest) return undefined;
  if (message === 'incomplete input') return sql.trimEnd().length;
  const tokens = tokensOf(sql);
  // SQLite carries most pragmas out when it compiles them.
  const again = tokens.some(({ text }) => /^pragma$/i.test(text)) ? undefined : refusal;
  const text = illegal.exec(message)?.groups?.text;
  if (text !== undefined) {
    const places = tokens.filter((token) => token.text === text);
    return syntaxOffset(sql, places, message, again);
  }
  const missing = missingIn(message);
  return missing && again && nameOffset(sql, namesOf(tokens, missing.name), message, again);
}

/** SQLite parses from the left, and stops at the first token that doesn't fit: so it does in a text that ends there. */
function syntaxOffset(
  sql: string,
  places: readonly Token[],
  message: string,
  refusal: Refusal | undefined,
): number | undefined {
  if (places.length === 1) return places[0]?.offset;
  const tried = refusal ? places.slice(0, mostTries) : [];
  return tried.find(({ offset, text }) => refusal?.(sql.slice(0, offset + text.length)) === message)?.offset;
}

/**
 * SQLite looks names up in an order of its own. With another name in one place, it complains either about that or,
 * as before, about a place that it looks at earlier: a place that was right is the only doubt.
 */
function nameOffset(
  sql: string,
  places: readonly Name[],
  message: string,
  refusal: Refusal,
): number | undefined {
  if (places.length > mostTries) return undefined;
  const other = unusedName(sql);
  const found = places.filter(({ last }) => {
    const changed = sql.slice(0, last.offset) + other + sql.slice(last.offset + last.text.length);
    const said = refusal(changed);
    return said !== message && said?.includes(other);
  });
  return found.length === 1 ? found[0]?.offset : undefined;
}

interface Token {
  readonly text: string;
  readonly offset: number;
  readonly isName: boolean;
}

interface Name {
  readonly offset: number;
  readonly last: Token;
}

/** Where a name stands that SQLite's message gives without quotes: `column`, `table.column`, `main.table.column`. */
function namesOf(tokens: readonly Token[], name: string): Name[] {
  const wanted = foldName(name);
  return tokens.flatMap((last, at) => {
    let [whole, first] = [plainName(last.text), at];
    if (!last.isName) return [];
    while (foldName(whole) !== wanted && tokens[first - 1]?.text === '.' && tokens[first - 2]) {
      first -= 2;
      whole = `${plainName((tokens[first] as Token).text)}.${whole}`;
    }
    return foldName(whole) === wanted ? [{ offset: (tokens[first] as Token).offset, last }] : [];
  });
}

function tokensOf(sql: string): Token[] {
  return [...tokenize(sql)].map(({ type, text, span }) => ({
    text,
    offset: span.offset,
    isName: !notNames.has(tokenName(type) ?? ''),
  }));
}

/** Keywords may be names, too: `SELECT key FROM t`. */
const notNames = new Set(['STRING', 'INTEGER', 'FLOAT', 'BLOB', 'VARIABLE', 'ILLEGAL', 'DOT']);

function unusedName(sql: string): string {
  for (let number = 0; ; number++) {
    const name = `freshet_unknown_${number}`;
    if (!sql.includes(name)) return name;
  }
}

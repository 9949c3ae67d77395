import { tokenize } from 'sqlite3-parser';
import { didYouMean } from './did-you-mean.ts';
import type { DriverConnection } from './drivers/driver.ts';
import { isProduction } from './is-production.ts';
import { withCaret } from './sql/caret.ts';
import { errorOffset, type Missing, missingIn, type Refusal } from './sql/error-offset.ts';
import { foldName, plainName } from './sql/identifier.ts';

/** SQL that SQLite didn't compile, and what it said. */
interface Refused {
  readonly sql: string;
  readonly message: string;
}

/** Where the mistake is; in development the message shows it, and names what was probably meant. */
export function describeRefusal(
  { sql, message }: Refused,
  connection: DriverConnection,
  refusal: Refusal,
): { readonly message: string; readonly offset?: number } {
  const offset = errorOffset(sql, message, refusal);
  const place = offset === undefined ? {} : { offset };
  if (isProduction()) return { message, ...place };
  // Looking names up reads the database, which would start the snapshot of a deferred transaction early.
  const hint = connection.inTransaction ? '' : hintFor(sql, message, connection);
  const first = hint === '' ? message : `${message}.${hint}`;
  return { message: offset === undefined ? first : `${first}\n${withCaret(sql, offset)}`, ...place };
}

const tables =
  "SELECT name FROM pragma_table_list WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'freshet\\_%' ESCAPE '\\'";
const columns =
  'SELECT c.name FROM pragma_table_list t JOIN pragma_table_xinfo(t.name, t.schema) c WHERE lower(t.name) = lower(?)';
const functions = 'SELECT DISTINCT name FROM pragma_function_list';

function hintFor(sql: string, message: string, connection: DriverConnection): string {
  const missing = missingIn(message);
  if (!missing) return '';
  const { kind, table } = missing;
  const name = missing.name.replace(/^.*\./s, '');
  try {
    const known = [...candidates(kind, table, sql, connection)];
    // What is there was missed for another reason: SQLite looked for it elsewhere.
    return known.some((one) => foldName(one) === foldName(name)) ? '' : didYouMean(name, known);
  } catch {
    // A hint isn't worth another error: the schema may be what can't be read.
    return '';
  }
}

function* candidates(
  kind: Missing['kind'],
  table: string | undefined,
  sql: string,
  connection: DriverConnection,
): Generator<string> {
  if (kind !== 'column') {
    for (const [name] of connection.prepare(kind === 'function' ? functions : tables).all([]))
      yield String(name);
    return;
  }
  const columnsOf = connection.prepare(columns);
  const words =
    table === undefined ? Array.from(tokenize(sql), ({ text }) => foldName(plainName(text))) : [table];
  for (const word of new Set(words)) for (const [name] of columnsOf.all([word])) yield String(name);
}

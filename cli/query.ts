import { csvText } from './csv.ts';
import { rowsJson } from './json-lines.ts';
import { openToRead } from './open-to-read.ts';
import type { Terminal } from './output.ts';
import { type Parameter, toParams } from './parameters.ts';
import { assertReadsOnly } from './reads-only.ts';
import { answerText } from './table-printer.ts';

export interface QueryOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly param?: readonly Parameter[];
}

/** `freshet query`: the answer, once. */
export async function query(
  { out }: Terminal,
  file: string,
  sql: string,
  options: QueryOptions,
): Promise<void> {
  using db = openToRead(file);
  assertReadsOnly(db, sql);
  const { columns, rows } = db.queryRaw(sql, toParams(options.param));
  if (options.json) await out.print(rowsJson(columns, rows));
  else if (options.csv) await out.print(csvText(columns, rows));
  else if (columns.length > 0) await out.print(answerText(columns, rows, out));
}

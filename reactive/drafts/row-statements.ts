import type { WrittenTable } from '../../core/commit/written.ts';
import { quoteName } from '../../core/sql/identifier.ts';
import {
  assigned,
  cellOf,
  exactly,
  type Fragment,
  type Identity,
  type Image,
  identityOf,
  isKeyed,
  joined,
  writable,
} from './row-image.ts';
import type { Request, Steps } from './steps.ts';

/** Columns in one statement; SQLite allows 2,000. */
const columnsAtOnce = 500;

/** The rows as they are now, null for those that aren't there. */
export function* currentRows(
  rows: readonly { readonly table: WrittenTable; readonly image: Image }[],
): Steps<(Image | null)[]> {
  const requests = rows.map(({ table, image }) => selects(table, identityOf(table, image)));
  const answers = yield requests.flat();
  let at = 0;
  return requests.map((parts) => {
    const rows = parts.map(() => answers[at++]?.rows[0]);
    if (rows[0] === undefined) return null;
    const values = rows.flatMap((row = []) => row);
    // Integers come as text: how they are read is the application's choice.
    return Array.from({ length: values.length / 2 }, (_, i) => {
      const [type, value = null] = values.slice(2 * i, 2 * i + 2);
      if (type === 'integer') return BigInt(String(value));
      return type === 'real' ? Number(value) : value;
    });
  });
}

function selects({ name, rowid, columns }: WrittenTable, { where }: Identity): Request[] {
  const terms = columns.map(quoteName);
  if (rowid !== null) terms.unshift(rowid);
  const requests: Request[] = [];
  for (let at = 0; at < terms.length; at += columnsAtOnce) {
    const values = terms
      .slice(at, at + columnsAtOnce)
      .map(
        (term) =>
          `typeof(${term}), CASE typeof(${term}) WHEN 'integer' THEN CAST(${term} AS TEXT) ELSE ${term} END`,
      );
    requests.push({
      kind: 'read',
      sql: `SELECT ${values.join(', ')} FROM main.${quoteName(name)} WHERE ${where.sql}`,
      params: where.params,
    });
  }
  return requests;
}

export function deleteRow(table: WrittenTable, image: Image): Request {
  const { where } = identityOf(table, image);
  return statement(
    joined([{ sql: `DELETE FROM main.${quoteName(table.name)} WHERE`, params: [] }, where], ' '),
  );
}

/** The row as it was, with its rowid, unless another row of the table has that by now. */
export function insertRow(table: WrittenTable, image: Image): Request {
  const name = `main.${quoteName(table.name)}`;
  const columns = writable(table);
  const names = columns.map(([column]) => quoteName(column));
  const values = columns.map(([, at]) => exactly(image[at] ?? null));
  const { rowid } = table;
  if (rowid !== null) {
    const value = image[0] ?? null;
    names.unshift(rowid);
    values.unshift(
      !isKeyed(table, image)
        ? exactly(value)
        : {
            sql: `CASE WHEN NOT EXISTS (SELECT 1 FROM ${name} WHERE ${rowid} = ?) THEN ? END`,
            params: [value, value],
          },
    );
  }
  const list = joined(values, ', ');
  return statement({
    sql: `INSERT INTO ${name}(${names.join(', ')}) VALUES (${list.sql})`,
    params: list.params,
  });
}

/** Gives these columns of a row, and its key, the values that `goal` has. */
export function updateRow(
  table: WrittenTable,
  image: Image,
  goal: Image,
  columns: readonly string[],
): Request {
  const sets = columns.map((column) => assigned(quoteName(column), cellOf(table, goal, column)));
  const { where } = identityOf(table, image);
  if (!isKeyed(table, goal) && table.rowid !== null && image[0] !== goal[0]) {
    sets.push(assigned(table.rowid, goal[0] ?? null));
  }
  const set = joined(sets, ', ');
  return statement({
    sql: `UPDATE main.${quoteName(table.name)} SET ${set.sql} WHERE ${where.sql}`,
    params: [...set.params, ...where.params],
  });
}

function statement({ sql, params }: Fragment): Request {
  return { kind: 'write', sql, params };
}

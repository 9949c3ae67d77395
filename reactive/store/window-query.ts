import type { Params } from '../../core/values.ts';

/** A SELECT, and what is bound to it. */
export interface BoundQuery {
  readonly sql: string;
  readonly params: Params;
}

/** Texts, names and comments, in which nothing is a parameter. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const isComment = (part: string): boolean => part.startsWith('--') || part.startsWith('/*');

/** Without the comments, semicolons and blanks at its end. */
function withoutEnd(sql: string): string {
  let end = 0;
  let from = 0;
  const take = (text: string, at: number): void => {
    const own = text.replace(/[\s;]+$/, '');
    if (own !== '') end = at + own.length;
  };
  for (const { 0: part, index } of sql.matchAll(quoted)) {
    take(sql.slice(from, index), from);
    from = index + part.length;
    if (!isComment(part)) end = from;
  }
  take(sql.slice(from), from);
  return sql.slice(0, end);
}

/**
 * A window of a SELECT that has no LIMIT of its own. LIMIT and OFFSET are put behind its text, and bound: the query stays
 * what it was, with its order and its tier, and all its windows share one plan. (Around it, as a SELECT in FROM, its
 * ORDER BY would say nothing about the order of the result.)
 */
export function windowOf(
  sql: string,
  params: Params | undefined,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): BoundQuery {
  const text = withoutEnd(sql);
  const window = (a: string, b: string): string => `${text}\nLIMIT ${a} OFFSET ${b}`;
  if (params === undefined || Array.isArray(params)) {
    const values = params ?? [];
    const { length } = values;
    const isDollar = /\$\d/.test(text.replaceAll(quoted, ''));
    return {
      // SQLite takes `$1` for a name, so that a `?` beside it would be another style.
      sql: isDollar ? window(`$${length + 1}`, `$${length + 2}`) : window(`?${length + 1}`, `?${length + 2}`),
      params: [...values, limit, offset],
    };
  }
  return {
    sql: window(':freshet_limit', ':freshet_offset'),
    params: { ...params, freshet_limit: limit, freshet_offset: offset },
  };
}

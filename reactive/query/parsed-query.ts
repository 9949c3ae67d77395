import type { Select, Stmt, Token } from 'sqlite3-parser';
import { parseFirst } from '../../core/sql/parse.ts';
import { isEmptyScript } from '../../core/sql/statement-plan.ts';

/** A query's text, parsed once for all that look at it: a long one takes as long to parse as SQLite to answer. */
export interface ParsedQuery {
  readonly sql: string;
  /** Undefined for what only SQLite understands. */
  readonly root: Stmt | undefined;
  readonly select: Select | undefined;
  readonly tokens: readonly Token[];
}

export function parseQuery(sql: string): ParsedQuery {
  const parsed = parseFirst(sql);
  if (parsed.status === 'error' || !isEmptyScript(sql.slice(parsed.tail)))
    return { sql, root: undefined, select: undefined, tokens: [] };
  const { root, tokens = [] } = parsed;
  return { sql, root, select: root.type === 'SelectStmt' ? root.body : undefined, tokens };
}

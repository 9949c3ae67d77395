import { parseStmt } from 'sqlite3-parser';
import type { TableInfo } from '../catalog.ts';
import { foldName } from './identifier.ts';

/** What a virtual table's rows depend on beside what is written to it. */
export interface VirtualSources {
  readonly table: { readonly schema: string; readonly name: string } | null;
  /** The module isn't one of SQLite's that are known to keep their rows in tables of their own. */
  readonly isOpaque: boolean;
}

const ownRows: VirtualSources = { table: null, isOpaque: false };
const opaque: VirtualSources = { table: null, isOpaque: true };

/** Reads the arguments of CREATE VIRTUAL TABLE as the module does. */
export function virtualSources({ sql, schema }: TableInfo): VirtualSources {
  const parsed = parseStmt(sql);
  if (parsed.status === 'error' || parsed.root.type !== 'CreateVirtualTableStmt') return opaque;
  const args = parsed.root.args ?? [];
  switch (foldName(parsed.root.moduleName.text)) {
    case 'fts5':
      // An option may be cut short: https://sqlite.org/src/file/ext/fts5/fts5_config.c
      return contentOf(args, schema, (option) => option !== '' && 'content'.startsWith(option));
    case 'fts4':
      return contentOf(args, schema, (option) => option === 'content');
    case 'fts5vocab':
      return indexOf(args, schema, 3);
    case 'fts4aux':
      return indexOf(args, schema, 2);
    case 'fts3':
    case 'fts3tokenize':
    case 'rtree':
    case 'rtree_i32':
    case 'geopoly':
      return ownRows;
    default:
      return opaque;
  }
}

/** `content=` names the table, or view, that holds the texts; an empty name: no table does. */
function contentOf(
  args: readonly string[],
  schema: string,
  isContent: (option: string) => boolean,
): VirtualSources {
  for (const arg of args) {
    const at = arg.indexOf('=');
    if (at < 0 || !isContent(foldName(arg.slice(0, at).trim()))) continue;
    const name = unquoted(arg.slice(at + 1));
    return name === '' ? ownRows : { table: { schema, name }, isOpaque: false };
  }
  return ownRows;
}

/** The table whose index is shown; of a TEMP table the database may be named before it. */
function indexOf(args: readonly string[], schema: string, withSchema: number): VirtualSources {
  const [first = '', second = ''] = args;
  const [of, name] = args.length === withSchema ? [unquoted(first), second] : [schema, first];
  return { table: { schema: of, name: unquoted(name) }, isOpaque: false };
}

/** As sqlite3Fts5Dequote: a quote stands for itself when doubled, and what follows the closing one is left out. */
function unquoted(text: string): string {
  const plain = text.trim();
  const quote = plain[0] === '[' ? ']' : plain[0];
  if (quote === undefined || !/['"`\]]/.test(quote)) return plain;
  let name = '';
  for (let at = 1; at < plain.length; at++) {
    if (plain[at] === quote) {
      if (quote === ']' || plain[at + 1] !== quote) return name;
      at += 1;
    }
    name += plain[at];
  }
  return name;
}

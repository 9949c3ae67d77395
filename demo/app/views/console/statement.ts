import { type ParseDiagnostic, parseStmt } from 'sqlite3-parser';
import type { Problem } from './problem.ts';

/** What is to be done with a statement. */
export type Statement =
  | { readonly kind: 'empty' }
  /** A SELECT: its answer is kept fresh. */
  | { readonly kind: 'live'; readonly sql: string }
  /** It has an answer, but none that could be kept fresh: PRAGMA, EXPLAIN. */
  | { readonly kind: 'read'; readonly sql: string }
  /** It is run once, each time it is asked for. */
  | { readonly kind: 'write'; readonly sql: string }
  | { readonly kind: 'wrong'; readonly problem: Problem };

const ofTransactions = new Set([
  'BeginStmt',
  'CommitStmt',
  'EndStmt',
  'RollbackStmt',
  'SavepointStmt',
  'ReleaseStmt',
]);
const reading = new Set(['PragmaStmt', 'ExplainStmt']);

/** Reads a text as one statement. Positions of what is wrong are those of the text. */
export function readStatement(text: string): Statement {
  const isEmpty = text.replaceAll(/--[^\n]*|\/\*.*?\*\//gs, '').trim() === '';
  if (isEmpty) return { kind: 'empty' };
  const parsed = parseStmt(text);
  if (parsed.status === 'error') return { kind: 'wrong', problem: problemOf(parsed.errors[0]) };
  const sql = text.trim().replace(/;$/, '');
  const { type } = parsed.root;
  if (type === 'SelectStmt') return { kind: 'live', sql };
  if (reading.has(type)) return { kind: 'read', sql };
  if (ofTransactions.has(type)) {
    return {
      kind: 'wrong',
      problem: {
        message: 'Each statement of the console is a transaction of its own.',
        hint: 'A transaction that stayed open here would keep every other tab from writing.',
      },
    };
  }
  return { kind: 'write', sql };
}

function problemOf(diagnostic: ParseDiagnostic | undefined): Problem {
  if (!diagnostic) return { message: 'This is no SQL that SQLite knows.' };
  const { message, span, hints } = diagnostic;
  const isSecond = message.startsWith('expected end of input');
  const hint = isSecond ? 'Run them one at a time.' : hints?.[0]?.message;
  return {
    message: isSecond ? 'This is more than one statement.' : message,
    ...(hint !== undefined && { hint }),
    span: { from: span.offset, to: span.offset + span.length },
  };
}

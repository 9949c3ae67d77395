import { type AstNode, type Expr, tokenize, traverse } from 'sqlite3-parser';
import { Unresolved } from './model.ts';

export function refuseWindows(expr: Expr): void {
  traverse(expr, {
    nodes: {
      FunctionTail({ overClause }) {
        if (overClause) throw new Unresolved('ORDER BY has a window function');
      },
    },
  });
}

export const comparing = new Set<string>([
  'Equals',
  'NotEquals',
  'Less',
  'LessEquals',
  'Greater',
  'GreaterEquals',
  'Is',
  'IsNot',
]);

/** Whether something in it compares, those comparisons left out that `harmless` says make no difference. */
export function compares(root: Expr, harmless: (node: AstNode) => boolean = () => false): boolean {
  let found = false;
  traverse(root, {
    enter(node) {
      found ||= isComparison(node) && !harmless(node);
      return found ? 'break' : 'continue';
    },
  });
  return found;
}

function isComparison(node: AstNode): boolean {
  switch (node.type) {
    case 'BinaryExpr':
      return comparing.has(node.op);
    case 'CaseExpr':
      return node.base !== undefined;
    case 'FunctionCallExpr':
      return /^(nullif|min|max)$/i.test(node.name.name);
    default:
      return /^(BetweenExpr|Select|InListExpr|InSelectExpr)$/.test(node.type);
  }
}

export function listed(expr: Expr): readonly Expr[] {
  return expr.type === 'ParenthesizedExpr' && expr.exprs.length > 1 ? expr.exprs : [expr];
}

export function stripCollate(expr: Expr): { expr: Expr; collation?: string } {
  const plain = withoutParentheses(expr);
  if (plain.type !== 'CollateExpr') return { expr: plain };
  return { ...stripCollate(plain.expr), collation: plain.collation };
}

export function withoutParentheses(expr: Expr): Expr {
  const only = expr.type === 'ParenthesizedExpr' && expr.exprs.length === 1 ? expr.exprs[0] : undefined;
  return only === undefined ? expr : withoutParentheses(only);
}

/** The parser has names of functions as names of columns. */
export function isFunctionName(node: AstNode, parent: AstNode | undefined): boolean {
  const isCall = parent?.type === 'FunctionCallExpr' || parent?.type === 'FunctionCallStarExpr';
  return isCall && parent.name === node;
}

export const isRowid = (name: string): boolean => /^(rowid|_rowid_|oid)$/i.test(name);

export function withoutComments(text: string): string {
  if (!text.includes('--') && !text.includes('/*')) return text;
  let kept = '';
  let at = 0;
  for (const { span } of tokenize(text)) {
    kept += `${span.offset > at ? ' ' : ''}${text.slice(span.offset, span.offset + span.length)}`;
    at = span.offset + span.length;
  }
  return kept + (at < text.length ? ' ' : '');
}

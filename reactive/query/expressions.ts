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

export function compares(root: Expr): boolean {
  let found = false;
  traverse(root, {
    enter(node) {
      if (node.type === 'BinaryExpr') found ||= comparing.has(node.op);
      else if (node.type === 'CaseExpr') found ||= node.base !== undefined;
      else if (node.type === 'FunctionCallExpr') found ||= /^(nullif|min|max)$/i.test(node.name.name);
      else if (node.type === 'BetweenExpr' || node.type === 'Select') found = true;
      else if (node.type === 'InListExpr' || node.type === 'InSelectExpr') found = true;
      return found ? 'break' : 'continue';
    },
  });
  return found;
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

export function mentionsColumn(expr: Expr | undefined): boolean {
  let mentions = false;
  if (expr) {
    traverse(expr, {
      enter(node) {
        if (node.type === 'Id' || node.type === 'QualifiedExpr') mentions = true;
        if (node.type === 'StringLiteral' && /now/i.test(node.value)) mentions = false;
      },
    });
  }
  return mentions;
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

const widest = 76;

/** The line of `sql` at `offset`, and under it a caret; of a long line the part around it. */
export function withCaret(sql: string, offset: number): string {
  const from = sql.lastIndexOf('\n', offset - 1) + 1;
  const next = sql.indexOf('\n', offset);
  const line = sql.slice(from, next < 0 ? sql.length : next).trimEnd();
  const column = offset - from;
  const start = line.length <= widest ? 0 : Math.max(0, Math.min(column - widest / 2, line.length - widest));
  const shown = line.slice(start, start + widest);
  const before = start > 0 ? '…' : '';
  const after = start + widest < line.length ? '…' : '';
  // Tabs stay, so that the caret stands where its character does.
  const blank = (before + line.slice(start, column)).replace(/[^\t]/g, ' ');
  const lines = sql.slice(0, from).split('\n').length;
  const where = sql.trimEnd().includes('\n') ? `line ${lines}: ` : '';
  return `  ${where}${before}${shown}${after}\n  ${' '.repeat(where.length)}${blank}^`;
}

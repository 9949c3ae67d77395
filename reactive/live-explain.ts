/** How a live query is kept fresh. `String(explain)` is meant for people. */
export interface LiveExplain {
  readonly tier: 'incremental' | 're-evaluated';
  /** Why it isn't the first tier. */
  readonly reason?: string;
  /** The tables whose commits can change the answer. */
  readonly tables: readonly string[];
  /** What tells one row from another between two answers. */
  readonly rowKey: string;
  readonly order: string;
}

/** The same facts, printable. */
export function printable(explain: LiveExplain): LiveExplain {
  const lines = [
    `tier:    ${explain.tier}${explain.reason === undefined ? '' : ` (${explain.reason})`}`,
    `tables:  ${explain.tables.join(', ') || 'none'}`,
    `row key: ${explain.rowKey}`,
    `order:   ${explain.order}`,
  ];
  return Object.defineProperty({ ...explain }, 'toString', { value: () => lines.join('\n') });
}

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
  /** What the answer is made of, and how each part follows its tables; of the first tier only. */
  readonly plan?: ExplainNode;
}

/** An operator, or a place where a table's rows come in. */
export interface ExplainNode {
  readonly text: string;
  readonly children: readonly ExplainNode[];
}

/** The same facts, printable. */
export function printable(explain: LiveExplain): LiveExplain {
  const lines = [
    `tier:    ${explain.tier}${explain.reason === undefined ? '' : ` (${explain.reason})`}`,
    `tables:  ${explain.tables.join(', ') || 'none'}`,
    `row key: ${explain.rowKey}`,
    `order:   ${explain.order}`,
    ...(explain.plan ? ['plan:', ...branches(explain.plan, '  ', '  ')] : []),
  ];
  return Object.defineProperty({ ...explain }, 'toString', { value: () => lines.join('\n') });
}

function branches({ text, children }: ExplainNode, first: string, rest: string): string[] {
  return [
    `${first}${text}`,
    ...children.flatMap((child, at) => {
      const isLast = at === children.length - 1;
      return branches(child, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`);
    }),
  ];
}

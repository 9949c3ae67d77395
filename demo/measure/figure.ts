/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** It should be at most so much. */
  readonly aim?: number;
  readonly note?: string;
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

/** For people: what was measured beside what was aimed at. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, unit, aim, note }) => {
    const rounded = Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
    const verdict = aim === undefined ? '' : value <= aim ? 'yes' : 'NO';
    return [name, `${rounded} ${unit}`, aim === undefined ? '' : `≤ ${aim}`, verdict, note ?? ''];
  });
  const all = [['', 'measured', 'aim', 'met', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The distance between cards that nobody has moved. */
export const step = 1024;

/**
 * A position between two others, of which null is an end of the column. Null where there is none: halving a gap gets to
 * the end of what a REAL can tell apart after some fifty times.
 */
export function between(above: number | null, below: number | null): number | null {
  if (above === null) return below === null ? 0 : below - step;
  if (below === null) return above + step;
  const middle = above + (below - above) / 2;
  return above < middle && middle < below ? middle : null;
}

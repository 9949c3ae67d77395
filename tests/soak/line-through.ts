/** A straight line fitted by least squares. */
export interface Line {
  readonly slope: number;
  /** Standard error of the slope. */
  readonly slopeError: number;
}

export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length;
  if (n < 3) return { slope: 0, slopeError: Number.POSITIVE_INFINITY };
  const mean = (of: 0 | 1): number => points.reduce((sum, point) => sum + point[of], 0) / n;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
  const rest = points.reduce((sum, point) => sum + (point[1] - y - slope * (point[0] - x)) ** 2, 0);
  return { slope, slopeError: Math.sqrt(rest / (n - 2) / spread) };
}

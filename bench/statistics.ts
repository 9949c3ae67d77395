export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

export function distribution(samples: readonly number[]): Distribution {
  const ordered = samples.toSorted((a, b) => a - b);
  return { count: ordered.length, p50: quantile(ordered, 0.5), p99: quantile(ordered, 0.99) };
}

export function median(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );
}

function quantile(ordered: readonly number[], q: number): number {
  return ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * q))] ?? Number.NaN;
}

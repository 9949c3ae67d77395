import { foldName } from './sql/identifier.ts';

/** `Did you mean "name"?` with a blank before it, for the candidate that is nearest; the empty text where none is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  const near = nearest(given, candidates);
  return near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
}

/** The candidate within a third of the name's length in edits; of equally near ones the first. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  if (given.length > 100) return undefined;
  const name = foldName(given);
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  let found: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const edits = distance(name, foldName(candidate));
    if (edits < least) [least, found] = [edits, candidate];
  }
  return found;
}

/** Insertions, deletions, replacements and swaps of neighbours that make one text of the other. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let edits = Math.min(
        (before[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (before[j - 1] as number) + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (older[j - 2] as number) + 1);
      row.push(edits);
    }
    older = before;
    before = row;
  }
  return before[b.length] as number;
}

import { foldName } from './sql/identifier.ts';

/** `Did you mean "name"?` with a blank before it, for the candidate that is nearest; the empty text where none is near. */
export function didYouMean(given: string, candidates: Iterable<string>): string {
  const near = nearest(given, candidates);
  return near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
}

/** The candidate within two edits (one of a short name), or a third of the name's length; of equally near ones the first. */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  if (given.length > 100) return undefined;
  const name = foldName(given);
  // Where every character is another one, nothing is near.
  let least = Math.min(Math.max(name.length > 3 ? 2 : 1, Math.floor(name.length / 3)) + 1, name.length);
  let found: string | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const edits = distance(name, foldName(candidate));
    if (edits < least) [least, found] = [edits, candidate];
  }
  return found;
}

/** How many insertions, deletions and replacements make one text of the other; two neighbours that are swapped count as two. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 0; i < a.length; i++) {
    const before = row;
    row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = (before[j] as number) + (a[i] === b[j] ? 0 : 1);
      row.push(Math.min(replaced, (before[j + 1] as number) + 1, (row[j] as number) + 1));
    }
  }
  return row[b.length] as number;
}

const verbs = ['Water', 'Mend', 'Paint', 'Count', 'Return', 'Label', 'Sharpen', 'Photograph'] as const;
const things = ['the ferns', 'the blue boat', 'both ladders', 'the tide table', 'the spare keys'] as const;
const times = ['before noon', 'when it rains', 'on Thursday', 'after the ferry', 'with Ines'] as const;

/** A title for a note that nobody typed. */
export function makeTitle(random: () => number): string {
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  return `${pick(verbs)} ${pick(things)} ${pick(times)}`;
}

/** What the pages need of an item in API Extractor's model (`*.api.json`). */
export interface ApiItem {
  readonly kind: string;
  readonly name?: string;
  readonly docComment?: string;
  readonly excerptTokens?: readonly ExcerptToken[];
  readonly fileUrlPath?: string;
  readonly members?: readonly ApiItem[];
}

export interface ExcerptToken {
  readonly kind: 'Content' | 'Reference';
  readonly text: string;
}

/** The name as it is exported: API Extractor adds a number to one that is also a global's, such as `open`. */
export function nameOf({ name = '', kind }: ApiItem): string {
  return kind === 'Constructor' ? 'constructor' : name.replace(/_\d+$/, '');
}

/** The declaration as a user may read it: without `export declare`, and without the names of our own modules. */
export function signatureOf({ excerptTokens = [] }: ApiItem): string {
  return excerptTokens
    .map(({ kind, text }) => (kind === 'Reference' ? text.replace(/^[a-z]\w*\./, '') : text))
    .join('')
    .replace(/^export (declare )?/, '')
    .replace(/^(abstract )?(class|interface) /, '$1$2 ')
    .trim();
}

/** `none`: an expression without affinity, such as a literal; `blob`: a column without a type, or ANY of a STRICT table. */
export type Affinity = 'none' | 'blob' | 'text' | 'numeric' | 'integer' | 'real';

/**
 * The affinity of a column by its declared type; '' for a column without one. `ANY` is numeric here, as in an
 * ordinary table: of a STRICT table the caller says `blob`. https://sqlite.org/datatype3.html, 3.1
 */
export function affinityOf(declaredType: string): Affinity {
  // Without the u flag, i folds no letter beyond ASCII onto these.
  if (/int/i.test(declaredType)) return 'integer';
  if (/char|clob|text/i.test(declaredType)) return 'text';
  if (declaredType === '' || /blob/i.test(declaredType)) return 'blob';
  return /real|floa|doub/i.test(declaredType) ? 'real' : 'numeric';
}

export function isNumericAffinity(affinity: Affinity): boolean {
  return affinity === 'numeric' || affinity === 'integer' || affinity === 'real';
}

import { near } from '../expressions.ts';
import type { Grammar, Operand } from '../grammar.ts';

/** A value that affinity or collation makes equal to one of the column's: '1' for 1, 'A' for 'a'. */
export function disguised(g: Grammar, o: Operand): string {
  const plain = near(g, o);
  if (/^-?\d+$/.test(plain)) return `'${plain}'`;
  if (!/^'[^']*'$/.test(plain)) return plain;
  return plain === plain.toLowerCase() ? plain.toUpperCase() : plain.toLowerCase();
}

import { type Token, tokenName } from 'sqlite3-parser';
import type { ParameterPlan } from '../../core/parameters.ts';

/** SQLite numbers `?` by its place in the text, so the numbers are given before anything is moved. */
export function numberVariables(tokens: Iterable<Token>, plan: ParameterPlan): Map<number, number> {
  const numbers = new Map<number, number>();
  let count = 0;
  for (const token of tokens) {
    if (tokenName(token.type) !== 'VARIABLE') continue;
    const { text } = token;
    if (text === '?') count += 1;
    const named = plan.style === 'named' || plan.style === 'dollar' ? plan.names.indexOf(text) + 1 : 0;
    numbers.set(
      token.span.offset,
      text === '?' ? count : text.startsWith('?') ? Number(text.slice(1)) : named,
    );
  }
  return numbers;
}

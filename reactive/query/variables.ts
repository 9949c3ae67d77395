import { type Token, tokenName } from 'sqlite3-parser';
import type { ParameterPlan } from '../../core/parameters.ts';

/** SQLite numbers `?` by its place in the text, so the numbers are given before anything is moved. */
export function numberVariables(tokens: Iterable<Token>, plan: ParameterPlan): Map<number, number> {
  const numbers = new Map<number, number>();
  const byName = new Map(
    plan.style === 'named' || plan.style === 'dollar' ? plan.names.map((name, at) => [name, at + 1]) : [],
  );
  let count = 0;
  for (const token of tokens) {
    if (tokenName(token.type) !== 'VARIABLE') continue;
    const { text } = token;
    if (text === '?') count += 1;
    numbers.set(
      token.span.offset,
      text === '?' ? count : text.startsWith('?') ? Number(text.slice(1)) : (byName.get(text) ?? 0),
    );
  }
  return numbers;
}

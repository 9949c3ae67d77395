/** A name as SQL: quoted, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** SQLite compares the names of tables, columns and savepoints without regard to ASCII case. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** A name without the quotes that it is written in, of any of the four kinds. */
export function plainName(text: string): string {
  const quote = text[0] ?? '';
  if (quote === '[') return text.slice(1, -1);
  if (quote === '' || !`"\`'`.includes(quote)) return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}

import type { Random } from './random.ts';

const hostileNames = [
  'a"b',
  'select',
  '__proto__',
  'with space',
  '🎈 é',
  'constructor',
  'Order',
  "it's",
  'a]b',
  'semi;colon',
  '--c',
  '?1',
  ':p',
  'rowid',
  'toString',
  'null',
] as const;

/** Words that need quotes in at least one place where the generators write names; a superset is harmless. */
const keywords = /^(select|order|null|group|from|where|values|key|index|table|rowid|to|of|over|by)$/i;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A name in one of the four ways in which SQLite lets it be written. */
export function written(random: Random, name: string): string {
  const plain = /^[A-Za-z_][A-Za-z_0-9]*$/.test(name) && !keywords.test(name);
  if (plain && random.chance(0.7)) return random.chance(0.06) ? name.toUpperCase() : name;
  if (!name.includes(']') && random.chance(0.15)) return `[${name}]`;
  if (random.chance(0.15)) return `\`${name.replaceAll('`', '``')}\``;
  return quoted(name);
}

/** The wanted name, or a hostile one, that no other of the names equals (SQLite folds ASCII case). */
export function freeName(random: Random, wanted: string, taken: Iterable<string>, hostile = 0.1): string {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  if (random.chance(hostile)) {
    const free = hostileNames.filter((name) => !used.has(name.toLowerCase()));
    if (free.length > 0) return random.pick(free);
  }
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}${count}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}

import { freeName, quoted } from './names.ts';
import type { Random } from './random.ts';
import { type Column, makeTable, type Schema, type Table, valueFor } from './schema.ts';

/** Tables with the indexes and triggers on them. Views come from the query grammar: see views.ts. */
export function makeSchema(random: Random): Schema {
  const tables: Table[] = [];
  for (const wanted of random.some(['t', 'item', 'owner', 'note'], 2, 4))
    tables.push(makeTable(random, tables, wanted));
  const indexes = random.times(random.between(0, 4), (i) => makeIndex(random, random.pick(tables), `ix${i}`));
  const triggers = random.chance(0.35)
    ? random.times(random.between(1, 2), (i) => makeTrigger(random, tables, `tr${i}`))
    : [];
  return { tame: false, tables, indexes, triggers };
}

/** CREATE INDEX: plain, descending, under another collation, over an expression, partial, unique. */
export function makeIndex(random: Random, table: Table, name: string): string {
  const plain = table.columns.filter((c) => c.flavour !== 'json');
  const terms = random.some(plain, 1, 2).map((c, at) =>
    random.weighted([
      [6, quoted(c.name)],
      // SQLite 3.53 looks for NULLs at the wrong end when NOT IN uses an index that begins in descending order.
      [at > 0 ? 4 : 0, `${quoted(c.name)} DESC`],
      [1, `${quoted(c.name)} COLLATE NOCASE`],
      [1, `lower(${quoted(c.name)})`],
      [1, `coalesce(${quoted(c.name)}, 0)`],
    ]),
  );
  const filter = random.pick(plain);
  const partial = random.weighted([
    [4, ''],
    [1, ` WHERE ${quoted(filter.name)} IS NOT NULL`],
    [1, ` WHERE ${quoted(filter.name)} > 2`],
  ]);
  const unique = random.chance(0.15) ? 'UNIQUE ' : '';
  return `CREATE ${unique}INDEX ${quoted(name)} ON ${quoted(table.name)} (${terms.join(', ')})${partial}`;
}

const settable = (table: Table): readonly Column[] =>
  table.columns.filter((c) => !c.generated && !table.key.includes(c.name) && c.flavour !== 'json');

const columnOf = (random: Random, table: Table): Column => random.pick(settable(table));

/** `WHERE` that finds the row of NEW or OLD, also when the primary key is NULL. */
const sameRow = (table: Table, image: 'NEW' | 'OLD'): string =>
  table.rowid
    ? `${table.rowid} = ${image}.${table.rowid}`
    : table.key.map((name) => `${quoted(name)} IS ${image}.${quoted(name)}`).join(' AND ');

/**
 * CREATE TRIGGER on a table: changes the same row or other tables, brings rows back, refuses, ignores. As a TEMP
 * trigger it runs beside Freshet's own; see section 2 of maintaining-sql.md for what that does to capture.
 */
export function makeTrigger(random: Random, tables: readonly Table[], name: string): string {
  const table = random.pick(tables);
  const other = random.pick(tables.filter((t) => t !== table));
  const event = random.pick(['INSERT', 'UPDATE', 'DELETE'] as const);
  const image = event === 'DELETE' ? 'OLD' : 'NEW';
  const small = table.columns.find((c) => c.flavour === 'small' && !c.generated) as Column;
  const condition = random.chance(0.5)
    ? ` WHEN ${image}.${quoted(small.name)} = ${random.between(0, 4)}`
    : '';
  const set = (target: Table): string => {
    const changed = columnOf(random, target);
    return `${quoted(changed.name)} = ${changed.flavour === 'small' ? `${quoted(changed.name)} + 1` : valueFor(random, changed).sql}`;
  };
  const copy = (): string => {
    const from = columnOf(random, table);
    const to = random.some(settable(other), 1, 2);
    const key = other.columns.filter((c) => other.key.includes(c.name) && !c.generated);
    const targets = [...key, ...to];
    const values = targets.map((c) =>
      c.flavour === from.flavour ? `${image}.${quoted(from.name)}` : valueFor(random, c).sql,
    );
    const verb = random.pick(['INSERT OR IGNORE', 'INSERT OR REPLACE', 'INSERT OR IGNORE']);
    return `${verb} INTO ${quoted(other.name)} (${targets.map((c) => quoted(c.name)).join(', ')}) VALUES (${values.join(', ')})`;
  };
  const action = random.weighted<() => string>([
    [3, copy],
    [
      2,
      () =>
        `UPDATE ${quoted(other.name)} SET ${set(other)} WHERE ${quoted(columnOf(random, other).name)} IS NOT NULL`,
    ],
    [1, () => `DELETE FROM ${quoted(other.name)} WHERE ${quoted(columnOf(random, other).name)} = 3`],
    [3, () => `UPDATE ${quoted(table.name)} SET ${set(table)} WHERE ${sameRow(table, image)}`],
    [1, () => `DELETE FROM ${quoted(table.name)} WHERE ${sameRow(table, image)}`],
    [1, () => 'SELECT RAISE(IGNORE)'],
    [1, () => "SELECT RAISE(FAIL, 'refused by a trigger')"],
    [1, () => "SELECT RAISE(ABORT, 'refused by a trigger')"],
    [1, () => "SELECT RAISE(ROLLBACK, 'refused by a trigger')"],
  ])();
  // A refusal of every row would leave nothing to test.
  const when =
    action.includes('RAISE') && condition === '' ? ` WHEN ${image}.${quoted(small.name)} = 4` : condition;
  const time = random.pick(['BEFORE', 'AFTER', 'AFTER']);
  const temp = random.chance(0.25) ? 'TEMP ' : '';
  const columns =
    event === 'UPDATE' && random.chance(0.3) ? ` OF ${quoted(columnOf(random, table).name)}` : '';
  return `CREATE ${temp}TRIGGER ${quoted(name)} ${time} ${event}${columns} ON ${quoted(table.name)}${when} BEGIN ${action}; END`;
}

/** A name that nothing in the schema bears yet. `rowid` would hide the key by which queries order their rows. */
export const freeObjectName = (random: Random, schema: Schema, wanted: string): string =>
  freeName(random, wanted, [
    'rowid',
    ...schema.tables.map((table) => table.name),
    ...[...schema.indexes, ...schema.triggers].map((sql) => /"(\w+)"/.exec(sql)?.[1] ?? ''),
  ]);

import { rows, single } from '../cores.ts';
import type { Catalog, Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { column, type Table, valueFor } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const prefix = 'behind';
const doorOf = (table: Table): string => quoted(`door to ${table.name}`);
const few: Constant[] = [0, 1, 2, 3].map((value) => ({ sql: String(value), value }));
const words: Constant[] = ['a', 'A', 'b', 'c', 'd'].map((text) => ({ sql: `'${text}'`, value: text }));

/** STRICT, so wide that not every column is compared, or ordinary; REPLACE may find several rows to delete. */
function tables(random: Random): Table[] {
  const strict = random.chance(0.4);
  const without = random.chance(0.3);
  const columns = [
    column('id', random.chance(0.7) ? 'INTEGER' : 'TEXT', 'key', 'PRIMARY KEY'),
    column('u', 'TEXT', 'text', `UNIQUE${random.pick(['', '', ' ON CONFLICT REPLACE'])}`, words),
    column('g', 'INTEGER', 'small', '', few),
    column(
      'n',
      random.pick(['INT', 'TEXT', 'REAL']),
      'small',
      random.pick(['', '', 'NOT NULL DEFAULT 0']),
      few,
    ),
  ];
  // SQLite has them; the generators leave them alone.
  const more = random.chance(0.5)
    ? Array.from({ length: random.pick([30, 118, 130]) }, (_, i) => `"more${i}" INT`).join(', ')
    : undefined;
  const name = without
    ? 'WITHOUT ROWID'
    : columns[0]?.type === 'INTEGER'
      ? 'INTEGER PRIMARY KEY'
      : 'TEXT PRIMARY KEY';
  return [
    plainTable(prefix, columns, {
      key: ['id'],
      keyKind: `${name}${strict ? ' STRICT' : ''}`,
      constraint: more,
      options: [without && 'WITHOUT ROWID', strict && 'STRICT'].filter(Boolean).join(', '),
    }),
  ];
}

/** A view of the table, and triggers that write through it. */
function objects(random: Random, catalog: Catalog): string[] {
  return tablesNamed(catalog, prefix).flatMap((table) => {
    const names = table.columns.map(({ name }) => quoted(name));
    const door = doorOf(table);
    const target = quoted(table.name);
    const values = names.map((name) => `NEW.${name}`).join(', ');
    const conflict = random.pick(['OR REPLACE', 'OR REPLACE', 'OR REPLACE', 'OR IGNORE', '']);
    const where = names.slice(0, 1).map((name) => `${name} = OLD.${name}`);
    const set = names.map((name) => `${name} = NEW.${name}`).join(', ');
    const twice = random.chance(0.2) ? ` UPDATE ${target} SET "g" = "g" + 1 WHERE "u" = NEW."u";` : '';
    const trigger = (event: string, body: string): string =>
      `CREATE TRIGGER ${quoted(`${event} ${table.name}`)} INSTEAD OF ${event} ON ${door} BEGIN ${body}; END`;
    return [
      `CREATE VIEW ${door} AS SELECT ${names.join(', ')} FROM ${target}`,
      trigger(
        'INSERT',
        `INSERT ${conflict} INTO ${target} (${names.join(', ')}) VALUES (${values});${twice} SELECT 1`,
      ),
      trigger(
        'UPDATE',
        `UPDATE ${random.pick(['OR REPLACE', 'OR REPLACE', ''])} ${target} SET ${set} WHERE ${where.join()}`,
      ),
      trigger('DELETE', `DELETE FROM ${target} WHERE ${where.join()}`),
    ];
  });
}

function query(g: Grammar): Body {
  g.use('table behind a view that writes');
  return bodyOf(rows(g, single(g, tableSource(g, tablesNamed(g.catalog, prefix)[0]), 0.4)));
}

/** Writes through the view. */
function steps({ random, catalog, sample, actors }: Situation): PlannedStep[] {
  const tables = tablesNamed(catalog, prefix);
  if (tables.length === 0) return [];
  const table = random.pick(tables);
  const door = doorOf(table);
  const columns = table.columns.filter((c) => !c.generated);
  const value = (c: (typeof columns)[number]): string =>
    (random.chance(0.3) ? sample(table.name, c.name) : null) ?? valueFor(random, c).sql;
  const row = (): string => `(${columns.map(value).join(', ')})`;
  const names = columns.map((c) => quoted(c.name)).join(', ');
  const changed = random.pick(columns);
  const found = random.pick(columns);
  const where = `WHERE ${quoted(found.name)} = ${sample(table.name, found.name) ?? valueFor(random, found).sql}`;
  const sql = random.weighted<string>([
    [5, `INSERT INTO ${door} (${names}) VALUES ${random.times(random.between(1, 2), row).join(', ')}`],
    [4, `UPDATE ${door} SET ${quoted(changed.name)} = ${value(changed)} ${where}`],
    [1, `DELETE FROM ${door} ${where}`],
  ]);
  return [statementStep(sql, 'execute', { by: random.pick(actors) })];
}

/** INSTEAD OF triggers that write with REPLACE, into tables whose BEFORE images are not taken. */
export const writableViews: Ingredient = {
  name: 'writable-views',
  tables,
  objects,
  query,
  steps,
};

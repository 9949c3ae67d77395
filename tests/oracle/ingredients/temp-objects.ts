import { join, rows, single } from '../cores.ts';
import type { Catalog, Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { column, createTable, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const prefix = 'own temp';
const few: Constant[] = [0, 1, 2].map((value) => ({ sql: String(value), value }));

const tables = (): Table[] => [
  plainTable(
    prefix,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY'),
      column('g', 'INTEGER', 'small', '', few),
      column('name', 'TEXT', 'text'),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY', home: 'temp' },
  ),
];

/** A view and a trigger beside the table, over tables of the file. */
function objects(random: Random, catalog: Catalog): string[] {
  const real = catalog.tables.filter(({ home }) => home === undefined);
  const seen = random.pick(real);
  const small = seen.columns.find((c) => c.flavour === 'small' && !c.generated);
  const made = [`CREATE TEMP VIEW "temp view" AS SELECT * FROM ${quoted(seen.name)}`];
  if (small && random.chance(0.5)) {
    const event = random.pick(['INSERT', 'UPDATE', 'DELETE']);
    const image = event === 'DELETE' ? 'OLD' : 'NEW';
    made.push(
      `CREATE TEMP TRIGGER "temp trigger" AFTER ${event} ON ${quoted(seen.name)} BEGIN INSERT INTO ${quoted(prefix)} ("g") VALUES (${image}.${quoted(small.name)}); END`,
    );
  }
  return made;
}

function query(g: Grammar): Body {
  const own = tablesNamed(g.catalog, prefix)[0];
  if (!own) return bodyOf(rows(g, join(g, single(g, tableSource(g), 0.3), tableSource(g))));
  g.use('TEMP table');
  const read = single(g, tableSource(g, own), 0.3);
  return bodyOf(rows(g, g.random.chance(0.6) ? join(g, read, tableSource(g)) : read));
}

/** Settings at which SQLite drops every TEMP object; and what a program makes there again. */
function steps({ random, catalog, actors }: Situation): PlannedStep[] {
  const by = random.pick(actors.filter((actor) => actor !== 'program'));
  const own = tablesNamed(catalog, prefix)[0];
  if (own && random.chance(0.4)) {
    const sql = random.pick([
      createTable(own).replace('CREATE TABLE', 'CREATE TABLE IF NOT EXISTS'),
      `DROP TABLE IF EXISTS temp.${quoted(prefix)}`,
      'DROP VIEW IF EXISTS temp."temp view"',
      'DROP TRIGGER IF EXISTS temp."temp trigger"',
    ]);
    return [statementStep(sql, 'exec', { by: 'first', schema: true })];
  }
  const pragma = random.pick([
    'PRAGMA temp_store = MEMORY',
    'PRAGMA temp_store = 0',
    'PRAGMA temp_store = 1',
    "PRAGMA temp_store_directory = '.'",
    "PRAGMA temp_store_directory = ''",
  ]);
  return [statementStep(pragma, random.pick(['execute', 'exec']), { by })];
}

/** TEMP objects of the program's own, and settings that drop them and Freshet's with them. */
export const tempObjects: Ingredient = {
  name: 'temp-objects',
  tables,
  objects,
  query,
  steps,
};

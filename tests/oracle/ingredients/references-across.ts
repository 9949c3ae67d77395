import { rows, single } from '../cores.ts';
import type { Catalog, Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { references } from '../reference-shapes.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const prefix = 'across';
const parentName = `${prefix} parent`;
const childName = `${prefix} child`;
const numbers = (...list: number[]): Constant[] => list.map((value) => ({ sql: String(value), value }));
const digits: Constant[] = ['1', '2', '3', '04', '5.0', 'a'].map((text) => ({
  sql: `'${text}'`,
  value: text,
}));
const few = numbers(0, 1, 2);
const nothing: Constant = { sql: 'NULL', value: null };

/** A parent whose keys are texts, and a child that refers to them by numbers. SQLite converts the one it looks with. */
function tables(random: Random): Table[] {
  const rule = (): string => random.pick(['CASCADE', 'SET NULL', 'RESTRICT', 'NO ACTION']);
  const later = random.chance(0.3) ? ' DEFERRABLE INITIALLY DEFERRED' : '';
  const actions = `ON DELETE ${rule()} ON UPDATE ${rule()}${later}`;
  const type = random.pick(['TEXT', 'TEXT', '', 'BLOB']);
  const pair = random.chance(0.3);
  const untyped = type === 'TEXT' ? digits : [...digits, ...numbers(1, 2)];
  const without = random.chance(0.8);
  const parent = plainTable(
    parentName,
    [
      column('id', type, 'key', 'NOT NULL', untyped),
      ...(pair ? [column('part', 'INT', 'small', 'NOT NULL', few)] : []),
      column('g', 'INTEGER', 'small', '', few),
      column('name', 'TEXT', 'text'),
    ],
    {
      key: pair ? ['id', 'part'] : ['id'],
      keyKind: without ? 'WITHOUT ROWID' : 'TEXT PRIMARY KEY',
      constraint: `PRIMARY KEY ("id"${pair ? ', "part"' : ''})`,
      options: without ? 'WITHOUT ROWID' : '',
    },
  );
  const child = plainTable(
    childName,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6)),
      column('parent', random.pick(['INT', 'NUMERIC', 'REAL', 'INTEGER']), 'key', '', [
        ...numbers(1, 2, 3, 4),
        nothing,
      ]),
      ...(pair ? [column('part', 'INT', 'small', '', few)] : []),
      column('g', 'INTEGER', 'small', '', few),
    ],
    {
      key: ['id'],
      keyKind: 'INTEGER PRIMARY KEY',
      constraint: `FOREIGN KEY ("parent"${pair ? ', "part"' : ''}) REFERENCES ${quoted(parentName)} ${actions}`,
    },
  );
  return [parent, child];
}

function objects(random: Random, catalog: Catalog): string[] {
  const child = tablesNamed(catalog, childName)[0];
  if (!child || random.chance(0.2)) return [];
  return [`CREATE INDEX "ix across" ON ${quoted(childName)} ("parent")`];
}

function query(g: Grammar): Body {
  g.use('reference to a key of another affinity');
  const parent = tablesNamed(g.catalog, parentName)[0];
  if (parent && g.random.chance(0.4)) return bodyOf(rows(g, single(g, tableSource(g, parent), 0.5)));
  return references(g, tablesNamed(g.catalog, prefix));
}

/** Parents come, go and get other keys. */
function steps({ random, catalog, sample, actors }: Situation): PlannedStep[] {
  if (tablesNamed(catalog, prefix).length < 2) return [];
  const name = quoted(parentName);
  const some = (): string => sample(parentName, 'id') ?? "'1'";
  const statement = random.weighted<string>([
    [4, `DELETE FROM ${name} WHERE "id" = ${some()}`],
    [3, `UPDATE ${name} SET "id" = ${random.pick(digits).sql} WHERE "id" = ${some()}`],
    [
      2,
      `INSERT OR REPLACE INTO ${name} ("id", "g") VALUES (${random.pick(digits).sql}, ${random.pick(few).sql})`,
    ],
    [1, `DELETE FROM ${name}`],
  ]);
  return [statementStep(statement, 'execute', { by: random.pick(actors) })];
}

/** Foreign keys whose two ends have different affinities. */
export const referencesAcross: Ingredient = {
  name: 'references-across',
  tables,
  objects,
  query,
  steps,
};

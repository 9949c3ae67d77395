import { join, rows, single } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table, valueFor } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const name = 'counted';
const few: Constant[] = [0, 1, 2, 3].map((value) => ({ sql: String(value), value }));

const tables = (): Table[] => [
  plainTable(
    name,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY AUTOINCREMENT'),
      column('u', 'INTEGER', 'small', 'UNIQUE', few),
      column('g', 'INTEGER', 'small', 'CHECK ("g" IS NULL OR "g" < 3)', few),
    ],
    { key: ['id'], keyKind: 'AUTOINCREMENT' },
  ),
];

function sequenceSource(g: Grammar): Source {
  g.use('sqlite_sequence');
  const alias = g.alias();
  const of = (column: string, flavour: Operand['flavour']): Operand => ({
    sql: `${alias}.${column}`,
    name: column,
    affinity: 'blob',
    collation: 'BINARY',
    flavour,
    tag: 'exact',
    clean: true,
  });
  return {
    text: `sqlite_sequence ${alias}`,
    operands: [of('name', 'text'), of('seq', 'key')],
    keys: [of('rowid', 'key')],
  };
}

function query(g: Grammar): Body {
  const read = single(g, sequenceSource(g), 0.2);
  const own = tableSource(g, tablesNamed(g.catalog, name)[0]);
  return g.random.weighted<() => Body>([
    [3, () => bodyOf(rows(g, read))],
    [1, () => bodyOf(rows(g, join(g, read, own, 'left')))],
    [
      1,
      () => {
        const last = `${own.operands[0]?.sql} >= (SELECT seq FROM sqlite_sequence WHERE name = '${name}')`;
        return bodyOf(rows(g, { ...own, where: [last] }));
      },
    ],
  ])();
}

/** Inserts that are ignored but use up a number; and writes to the numbers themselves. */
function steps({ random, catalog, sample, actors }: Situation): PlannedStep[] {
  const [table] = tablesNamed(catalog, name);
  if (!table) return [];
  const taken = sample(name, 'u') ?? '1';
  const free = valueFor(random, { flavour: 'small', affinity: 'integer' }).sql;
  const sql = random.weighted<string>([
    [4, `INSERT OR IGNORE INTO ${name} ("u", "g") VALUES (${taken}, 1)`],
    [2, `INSERT OR IGNORE INTO ${name} ("id", "u") VALUES (${random.between(1, 60)}, ${taken})`],
    [2, `INSERT INTO ${name} ("u") VALUES (${free}) ON CONFLICT DO NOTHING`],
    [1, `INSERT OR REPLACE INTO ${name} ("u") VALUES (${taken})`],
    [1, `INSERT INTO ${name} ("u", "g") VALUES (${free}, 7)`],
    [1, `UPDATE sqlite_sequence SET seq = ${random.between(0, 80)} WHERE name = '${name}'`],
    [1, `DELETE FROM sqlite_sequence WHERE name = '${name}'`],
    [1, `DELETE FROM ${name}`],
  ]);
  return [statementStep(sql, 'execute', { by: random.pick(actors) })];
}

/** The table in which SQLite keeps the last number of each AUTOINCREMENT. */
export const sequences: Ingredient = { name: 'sequences', tables, query, steps };

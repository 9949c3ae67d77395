import { output, rows, single } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import { type Ingredient, numbers, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const prefix = 'long';
const few = numbers(0, 1, 2, 3, 4, 5);

const tables = (): Table[] => [
  plainTable(
    prefix,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3)),
      column('x', 'INTEGER', 'small', '', few),
      column('g', 'INTEGER', 'small', '', few),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY', tall: true },
  ),
];

/** The first rows by a column, which is all that the query needs to know. */
function query(g: Grammar): Body {
  g.use('long window');
  const read = single(g, tableSource(g, tablesNamed(g.catalog, prefix)[0]), 0.2);
  const by = read.operands.find(({ name }) => name === 'x') ?? read.operands[0];
  const core = rows(g, { ...read, keys: read.keys }, true);
  if (!by) return bodyOf(core);
  const shown = output(g, g.decides(by), true);
  const direction = g.random.chance(0.3) ? ' DESC' : '';
  return {
    ...bodyOf({ ...core, select: [...core.select, shown] }),
    top: [{ sql: shown.name + direction, column: shown.name }],
  };
}

/** More rows at once than a window keeps in reserve; then the first ones go, and those behind come into it. */
function steps({ random, catalog, actors }: Situation): PlannedStep[] {
  const [table] = tablesNamed(catalog, prefix);
  if (!table) return [];
  const name = quoted(table.name);
  const by = random.pick(actors.filter((actor) => actor !== 'program'));
  const step = (sql: string): PlannedStep => statementStep(sql, 'execute', { by });
  const ids = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${random.between(110, 160)})`;
  const fill = `INSERT OR IGNORE INTO ${name} ("id", "x", "g") ${ids} SELECT i, i * 7 % 6, i % 5 FROM n`;
  const ends = [`"x" < ${random.between(1, 5)}`, `"x" > ${random.between(0, 4)}`, `"id" % 3 = 0`];
  return [
    step(`DELETE FROM ${name}${random.chance(0.7) ? '' : ` WHERE "id" % 2 = 0`}`),
    step(fill),
    ...random.some(ends, 1, 3).map((end) => step(`DELETE FROM ${name} WHERE ${end}`)),
  ];
}

/** Windows that grow to more rows than they keep. */
export const longWindows: Ingredient = { name: 'long-windows', tables, query, steps };

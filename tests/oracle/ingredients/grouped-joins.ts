import { output } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import { nothing } from '../values.ts';
import { type Ingredient, numbers, plainTable, shownOnly, statementStep, tablesNamed } from './ingredient.ts';

const prefix = 'grouped';
const few = [...numbers(0, 1, 2), nothing];

const tables = (): Table[] =>
  ['whole', 'part'].map((name) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6)),
        column('g', 'INTEGER', 'small', '', few),
        column('x', 'INTEGER', 'small', '', few),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );

/** Groups of a table and of what belongs to its rows, which may be nothing: plain columns, and plain aggregates. */
function query(g: Grammar): Body {
  g.use('groups over rows and their parts');
  const [whole, part] = tablesNamed(g.catalog, prefix).map((table) => tableSource(g, table)) as [
    Source,
    Source,
  ];
  const named = ({ operands }: Source, name: string): Operand =>
    g.decides(operands.find((o) => o.name === name) ?? (operands[0] as Operand));
  const ends = [named(part, 'g'), named(whole, g.random.pick(['id', 'id', 'g', 'x']))] as const;
  g.linked(...ends);
  const sides = ends.map(({ sql }) => sql);
  const on = (g.random.chance(0.5) ? sides : sides.toReversed()).join(' = ');
  const form = g.random.pick(['LEFT JOIN', 'LEFT JOIN', 'LEFT JOIN', 'JOIN']);
  const key = g.random.chance(0.15) ? null : output(g, named(g.random.pick([whole, whole, part]), 'g'), true);
  const summed = named(g.random.pick([whole, part]), 'x').sql;
  const aggregates = g.random
    .some(['count(*)', `count(${named(part, 'id').sql})`, `sum(${summed})`, `max(${summed})`], 1, 3)
    .map((sql) => output(g, shownOnly(sql), true));
  const by = key?.sql.slice(0, key.sql.indexOf(' AS '));
  return bodyOf({
    select: key ? [key, ...aggregates] : aggregates,
    distinct: false,
    tail: ` FROM ${whole.text} ${form} ${part.text} ON ${on}${by ? ` GROUP BY ${by}` : ''}`,
    total: by ? [by] : [],
    keys: key ? [key.name] : [],
    scope: [],
  });
}

/** All parts go, or all of some rows, or of many at once; and come back. */
function steps({ random, catalog, actors }: Situation): PlannedStep[] {
  const table = tablesNamed(catalog, prefix)[1];
  if (!table) return [];
  const name = quoted(table.name);
  const by = random.pick(actors.filter((actor) => actor !== 'program'));
  const step = (sql: string): PlannedStep => statementStep(sql, 'execute', { by });
  const rows = Array.from(
    { length: random.between(2, 6) },
    (_, at) => `(${at + 1}, ${random.between(0, 6)}, ${at % 3})`,
  );
  return [
    step(`INSERT OR IGNORE INTO ${name} ("id", "g", "x") VALUES ${rows.join(', ')}`),
    step(
      `UPDATE OR IGNORE ${name} SET "g" = ${random.pick(['NULL', '1', '"g" + 1', '"x"'])} WHERE "id" < ${random.between(1, 7)}`,
    ),
    step(`DELETE FROM ${name}${random.chance(0.5) ? '' : ` WHERE "g" = ${random.between(0, 3)}`}`),
  ];
}

/** Groups over outer joins whose other side comes and goes. */
export const groupedJoins: Ingredient = { name: 'grouped-joins', isApart: true, tables, query, steps };

import { type From, output, single, whereOf } from '../cores.ts';
import type { Grammar, Operand } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import { nothing } from '../values.ts';
import { windowsOverGroups } from '../windows.ts';
import { type Ingredient, numbers, plainTable, shownOnly, tablesNamed } from './ingredient.ts';

const prefix = 'ranked';
const few = [...numbers(0, 1, 2), nothing];

const tables = (): Table[] => [
  plainTable(
    prefix,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6)),
      column('g', 'INTEGER', 'small', '', few),
      column('x', 'INTEGER', 'small', '', few),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
  ),
];

/** Groups beside those whose last row has the same value: a bare column is that row's, as max(id) is. */
function byLastRow(g: Grammar, from: From): Body {
  const [id, by, last] = ['id', 'g', 'x'].map((name) =>
    g.decides(from.operands.find((o) => o.name === name) ?? (from.operands[0] as Operand)),
  ) as [Operand, Operand, Operand];
  const key = output(g, by, true);
  const shown = [`max(${id.sql})`, `sum(count(*)) OVER (PARTITION BY ${last.sql})`];
  return bodyOf({
    select: [key, ...shown.map((sql) => output(g, shownOnly(sql), true))],
    distinct: false,
    tail: ` FROM ${from.text}${whereOf(from.where)} GROUP BY ${by.sql}`,
    total: [by.sql],
    keys: [key.name],
    scope: [],
  });
}

/** Groups, each beside others: those of its partition, or of its size. */
function query(g: Grammar): Body {
  g.use('groups ranked');
  const from = single(g, tableSource(g, tablesNamed(g.catalog, prefix)[0]), 0.3);
  return g.random.chance(0.3) ? byLastRow(g, from) : bodyOf(windowsOverGroups(g, from));
}

/** Window functions over groups that move from one partition to another. */
export const groupedWindows: Ingredient = { name: 'grouped-windows', isApart: true, tables, query };

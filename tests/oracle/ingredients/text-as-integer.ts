import type { Grammar } from '../grammar.ts';
import type { Body } from '../queries.ts';
import type { Random } from '../random.ts';
import { references } from '../reference-shapes.ts';
import { column, type Table } from '../schema.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'odd';
const numbers = (...list: number[]): Constant[] => list.map((value) => ({ sql: String(value), value }));
const texts = (...list: string[]): Constant[] => list.map((text) => ({ sql: `'${text}'`, value: text }));
const mixed = [...numbers(1, 2, 3), ...texts('a', 'b', '1x', '2')];
const few = numbers(0, 1, 2);

/** Keys of integer affinity that hold texts, and columns of the same kind that refer to them. */
function tables(random: Random): Table[] {
  const integer = (): string => random.pick(['INT', 'INTEGER', 'BIGINT']);
  return [
    plainTable(
      `${prefix} whole`,
      [
        column('id', integer(), 'key', '', mixed),
        column('g', 'INTEGER', 'small', '', few),
        column('second', integer(), 'key', '', mixed),
      ],
      {
        key: ['id'],
        keyKind: 'WITHOUT ROWID of texts',
        constraint: 'PRIMARY KEY ("id")',
        options: 'WITHOUT ROWID',
      },
    ),
    plainTable(
      `${prefix} part`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6, 7, 8)),
        column('parent', random.pick(['INT', 'INT', 'NUMERIC', 'REAL']), 'key', '', mixed),
        column('g', 'INTEGER', 'small', '', few),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  ];
}

function query(g: Grammar): Body {
  g.use('text in an integer key');
  return references(g, tablesNamed(g.catalog, prefix));
}

/** Integer keys of WITHOUT ROWID tables in which there is text. */
export const textAsInteger: Ingredient = { name: 'text-as-integer', tables, query };

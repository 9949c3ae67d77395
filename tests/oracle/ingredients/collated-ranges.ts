import { rows, single } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'ranged';
const few: Constant[] = [0, 1, 2].map((value) => ({ sql: String(value), value }));
const words: Constant[] = [
  ...['a', 'A', 'b', 'B ', 'b ', '', 'Ä', 'ä'].map((text) => ({ sql: `'${text}'`, value: text })),
  { sql: "('B'||char(0)||'z')", value: 'B\u0000z' },
  { sql: "('b'||char(0)||'a')", value: 'b\u0000a' },
];

/** A column that names several collations: SQLite takes the last. */
function tables(random: Random): Table[] {
  const all = ['BINARY', 'NOCASE', 'RTRIM'];
  const collation = random.pick(all);
  const named = random.times(random.between(1, 2), () => `COLLATE ${random.pick(all)}`);
  const constraints = `${named.join(' ')} COLLATE ${collation}`;
  return [
    plainTable(
      prefix,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY'),
        {
          ...column('word', 'TEXT', 'text', constraints, words),
          collation: collation as 'BINARY' | 'NOCASE' | 'RTRIM',
        },
        column('g', 'INTEGER', 'small', '', few),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  ];
}

function query(g: Grammar): Body {
  g.use('column of several collations');
  return bodyOf(rows(g, single(g, tableSource(g, tablesNamed(g.catalog, prefix)[0]), 0.9)));
}

/** Columns whose declaration names a collation more than once, and texts that hold NUL. */
export const collatedRanges: Ingredient = { name: 'collated-ranges', tables, query };

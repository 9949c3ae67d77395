import { output } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { type Ingredient, numbers, plainTable, shownOnly, tablesNamed, texts } from './ingredient.ts';

const prefix = 'convert';
const digits = texts('1', '01', '2', '2.0', 'a');

const tables = (): Table[] => [
  plainTable(
    `${prefix} groups`,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6, 7)),
      column('t', 'TEXT', 'text', '', digits),
      column('g', 'INTEGER', 'small', '', numbers(0, 1)),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
  ),
  plainTable(
    `${prefix} numbers`,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4)),
      column('n', 'INTEGER', 'small', '', numbers(1, 2, 3)),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
  ),
];

/** SQLite converts a group's text where a subquery compares it with a number, and shows the number from then on. */
function query(g: Grammar): Body {
  g.use(convertedGroup);
  const [one, other] = tablesNamed(g.catalog, prefix);
  const source = tableSource(g, one);
  const inner = tableSource(g, other);
  const t = clean(source.operands).find(({ flavour }) => flavour === 'text') ?? clean(source.operands)[0];
  const n = clean(inner.operands).find(({ flavour }) => flavour === 'small') ?? clean(inner.operands)[0];
  if (!t || !n) throw new Error('Every table has columns');
  g.linked(t, n);
  const key = output(g, t, true);
  const count = output(g, shownOnly('count(*)'), true);
  const asked = g.random.pick([
    `${t.sql} ${g.random.pick(['', 'NOT '])}IN (SELECT ${n.sql} FROM ${inner.text})`,
    `EXISTS (SELECT 1 FROM ${inner.text} WHERE ${n.sql} = ${t.sql})`,
    `(SELECT count(*) FROM ${inner.text} WHERE ${n.sql} = ${t.sql}) ${g.random.pick(['= 1', '> 0', '= 0'])}`,
  ]);
  const inHaving = g.random.chance(0.6);
  const shown = inHaving ? [] : [output(g, shownOnly(`(${asked})`), true)];
  return bodyOf({
    select: g.random.chance(0.5) ? [...shown, key, count] : [key, count, ...shown],
    distinct: false,
    tail: ` FROM ${source.text} GROUP BY ${t.sql}${inHaving ? ` HAVING ${asked}` : ''}`,
    total: null,
    keys: null,
    scope: [],
  });
}

/** Queries that are run as they are, since SQLite shows something else than what is stored: no other answer will do. */
export const convertedGroup = 'converted group';

export const convertedGroups: Ingredient = { name: 'converted-groups', tables, query };

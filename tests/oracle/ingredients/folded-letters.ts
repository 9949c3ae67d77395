import { distinct, groups, join, rows, single } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import { type Ingredient, numbers, plainTable, tablesNamed, texts } from './ingredient.ts';

const prefix = 'letters';
// To JavaScript the pairs are each other's lower case, and the last is that of "k"; SQLite folds those of ASCII.
const words = texts('a', 'A', 'Ä', 'ä', 'É', 'é', 'aÉ', 'Aé', 'k', '\u212a');

const tables = (): Table[] => [
  plainTable(
    prefix,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6, 7)),
      column('word', 'TEXT', 'text', 'COLLATE NOCASE', words),
      column('other', 'TEXT', 'text', 'COLLATE NOCASE', words),
      column('g', 'INTEGER', 'small', '', numbers(0, 1)),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
  ),
];

function query(g: Grammar): Body {
  g.use('letters beyond ASCII');
  const table = tablesNamed(g.catalog, prefix)[0];
  const one = single(g, tableSource(g, table), 0.3);
  return g.random.weighted<() => Body>([
    [2, () => bodyOf(groups(g, one))],
    [2, () => bodyOf(distinct(g, one))],
    [1, () => bodyOf(rows(g, single(g, tableSource(g, table), 1)))],
    [2, () => bodyOf(rows(g, join(g, one, tableSource(g, table))))],
  ])();
}

/** Texts that NOCASE tells apart although they differ in case. */
export const foldedLetters: Ingredient = { name: 'folded-letters', isApart: true, tables, query };

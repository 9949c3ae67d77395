import { type From, rows } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { derived } from '../relations.ts';
import { column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { nothing } from '../values.ts';
import { type Ingredient, numbers, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'shared';
const few = numbers(0, 1, 2);

const tables = (): Table[] =>
  ['one', 'other'].map((name) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6)),
        column('g', 'INTEGER', 'small', '', [...few, nothing]),
        column('x', 'INTEGER', 'small', '', few),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );

const named = (g: Grammar, { operands }: Source, name: string): Operand =>
  g.decides(clean(operands).find((o) => o.name === name) ?? (operands[0] as Operand));

/** The first rows that a parameter chooses, in FROM or as what is asked whether it has rows. */
function query(g: Grammar): Body {
  g.use('subquery of a parameter');
  const [one, other] = tablesNamed(g.catalog, prefix).map((table) => tableSource(g, table)) as [
    Source,
    Source,
  ];
  const [id, by, chosen] = ['id', 'g', 'x'].map((name) => named(g, other, name)) as [
    Operand,
    Operand,
    Operand,
  ];
  const where = `${chosen.sql} = ${g.constant(g.random.pick(few))}`;
  const inner = `SELECT ${by.sql} AS k FROM ${other.text} WHERE ${where} ORDER BY ${id.sql} LIMIT ${g.random.between(1, 4)}`;
  const outer = named(g, one, 'g');
  g.linked(outer, by);
  if (g.random.chance(0.4)) {
    const where = [`${g.random.pick(['', 'NOT '])}EXISTS (${inner})`];
    return bodyOf(rows(g, { ...one, where }));
  }
  const columns = [{ ...by, name: 'k' }];
  const source = derived(g, { sql: inner, columns, keys: null });
  const from: From = {
    text: `${one.text} ${g.random.pick(['JOIN', 'LEFT JOIN'])} ${source.text} ON ${outer.sql} = ${source.operands[0]?.sql}`,
    operands: [...one.operands, ...source.operands],
    keys: null,
    where: [],
  };
  return bodyOf(rows(g, from));
}

/** Subqueries that are kept once for all live queries of a text, each with its own parameters. */
export const sharedSubqueries: Ingredient = { name: 'shared-subqueries', isApart: true, tables, query };

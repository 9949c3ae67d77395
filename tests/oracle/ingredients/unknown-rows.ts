import { output, rows, single } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { nothing } from '../values.ts';
import { type Ingredient, numbers, plainTable, shownOnly, tablesNamed } from './ingredient.ts';

const prefix = 'pair';
const values = [...numbers(1, 2), nothing];

const tables = (): Table[] =>
  ['left', 'right'].map((name) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6, 7)),
        column('x', 'INTEGER', 'small', '', values),
        column('y', 'INTEGER', 'small', '', values),
        column('g', 'INTEGER', 'small', '', numbers(0, 1)),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );

/** `(NULL, 1) NOT IN ((2, 1))` is unknown: what is equal in part decides as well. */
function query(g: Grammar): Body {
  g.use('row value in a set with NULLs');
  const [one, other] = tablesNamed(g.catalog, prefix);
  const outer = tableSource(g, one);
  const inner = tableSource(g, other);
  const named = (name: string) => clean(inner.operands).find((o) => o.name === name);
  const own = g.random.some(
    clean(outer.operands).filter(({ name }) => name === 'x' || name === 'y'),
    2,
    2,
  );
  const members = [named('x'), named('y')];
  const [a = clean(outer.operands)[0], b = a] = own;
  const [x = clean(inner.operands)[0], y = x] = members;
  if (!a || !b || !x || !y) return bodyOf(rows(g, single(g, outer)));
  g.linked(a, x);
  g.linked(b, y);
  const where = g.random.chance(0.4) ? ` WHERE ${named('g')?.sql ?? 1} = ${g.random.between(0, 1)}` : '';
  const not = g.random.chance(0.6) ? 'NOT ' : '';
  const isIn = `(${a.sql}, ${b.sql}) ${not}IN (SELECT ${x.sql}, ${y.sql} FROM ${inner.text}${where})`;
  g.use(`${not}row value IN (SELECT)`);
  if (g.random.chance(0.5)) return bodyOf(rows(g, { ...outer, where: [isIn] }));
  const core = rows(g, single(g, outer, 0.2), true);
  return bodyOf({ ...core, select: [...core.select, output(g, shownOnly(`(${isIn})`), true)] });
}

/** Row values of which a part is NULL. */
export const unknownRows: Ingredient = { name: 'unknown-rows', tables, query };

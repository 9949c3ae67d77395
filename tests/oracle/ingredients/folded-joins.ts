import { groupKey, groups, output } from '../cores.ts';
import type { Grammar, Operand, Source } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import { nothing } from '../values.ts';
import { type Ingredient, numbers, plainTable, shownOnly, tablesNamed, texts } from './ingredient.ts';

const prefix = 'folding';
const words = texts('a', 'A', 'b', 'B');

const tables = (): Table[] =>
  [
    ['plain', ''],
    ['folded', 'COLLATE NOCASE'],
  ].map(([name, constraints]) =>
    plainTable(
      `${prefix} ${name}`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6)),
        column('word', 'TEXT', 'text', constraints, words),
        column('g', 'INTEGER', 'small', '', [...numbers(0, 1), nothing]),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  );

const columnOf = (source: Source, name: string): Operand => {
  const found = clean(source.operands).find((o) => o.name === name) ?? clean(source.operands)[0];
  if (!found) throw new Error('Every table has columns');
  return found;
};

/** Groups by a side of a join in which the collation comes from the other side, whatever stands around its column. */
function joinedByWord(g: Grammar, plain: Source, folded: Source): Body {
  const [a, b] = [g.decides(columnOf(plain, 'word')), g.decides(columnOf(folded, 'word'))];
  g.linked(a, b);
  const written = g.random.pick([b.sql, `+${b.sql}`, `+${b.sql}`]);
  const sides = [written, a.sql];
  const on = (g.random.chance(0.7) ? sides : sides.toReversed()).join(' = ');
  const kept = g.random.chance(0.3);
  const { name: _, ...exact } = { ...a, tag: 'exact' as const };
  const terms = [{ ...(kept ? groupKey(g, [a]) : exact), name: a.name }];
  const from = {
    text: `${plain.text} JOIN ${folded.text} ON ${on}`,
    operands: [...plain.operands, ...folded.operands],
    keys: null,
    where: [],
  };
  if (kept) return bodyOf(groups(g, from, true, false, terms));
  const key = output(g, a, true);
  const count = output(g, shownOnly('count(*)'), true);
  const having = g.random.chance(0.7) ? ' HAVING count(*) > 0' : '';
  return bodyOf({
    select: [key, count],
    distinct: false,
    tail: ` FROM ${from.text} GROUP BY ${a.sql}${having}`,
    total: [a.sql],
    keys: [key.name],
    scope: [],
  });
}

/** Sums of what a comparison gives, which depends on the collation of its columns. */
function comparedInSum(g: Grammar, plain: Source, folded: Source): Body {
  const [a, b] = [g.decides(columnOf(plain, 'g')), g.decides(columnOf(folded, 'g'))];
  g.linked(a, b);
  const word = g.decides(columnOf(folded, 'word'));
  const other = g.random.chance(0.7) ? g.random.pick(words).sql : columnOf(plain, 'word').sql;
  const compared = g.random.pick([
    `${word.sql} = ${other}`,
    `${word.sql} IS ${other}`,
    `${word.sql} < ${other}`,
  ]);
  const sum = output(g, shownOnly(`${g.random.pick(['sum', 'min', 'max', 'total'])}(${compared})`), true);
  const key = g.random.chance(0.75) ? output(g, g.random.pick([a, b]), true) : null;
  const by = key?.sql.slice(0, key.sql.indexOf(' AS '));
  return bodyOf({
    select: key ? [key, sum] : [sum],
    distinct: false,
    tail: ` FROM ${plain.text} JOIN ${folded.text} ON ${a.sql} = ${b.sql}${by ? ` GROUP BY ${by}` : ''}`,
    total: by ? [by] : [],
    keys: key ? [key.name] : [],
    scope: [],
  });
}

function query(g: Grammar): Body {
  g.use('join by a folded word');
  const [one, other] = tablesNamed(g.catalog, prefix);
  const [plain, folded] = [tableSource(g, one), tableSource(g, other)];
  return g.random.chance(0.35) ? joinedByWord(g, plain, folded) : comparedInSum(g, plain, folded);
}

/** Joins of a column that folds letters with one that doesn't, and comparisons of such a column as values. */
export const foldedJoins: Ingredient = { name: 'folded-joins', tables, query };

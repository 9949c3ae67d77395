import { rows } from '../cores.ts';
import type { Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import { tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import { type Ingredient, statementStep, tablesNamed } from './ingredient.ts';
import { mixed, tablesOfMixedKinds } from './mixed-kinds.ts';

const prefix = 'compared';

/** Rows in which one column compares with another, as they are: SQLite converts one of the two, for each row. */
function query(g: Grammar): Body {
  g.use('a column compared with another');
  const source = tableSource(g, g.random.pick(tablesNamed(g.catalog, prefix)));
  const [a, b, c] = [0, 1, 2].map(() => g.decides(g.random.pick(mixed(source))).sql);
  const where = g.random.weighted<string>([
    [6, `${a} ${g.random.pick(['=', '<>', '<', '>='])} ${b}`],
    [2, `${a} ${g.random.pick(['IS', 'IS NOT'])} ${b}`],
    [2, `${a} ${g.random.pick(['', 'NOT '])}IN (${b}, ${c})`],
    [2, `${a} BETWEEN ${b} AND ${c}`],
  ]);
  return bodyOf(rows(g, { ...source, where: [g.random.chance(0.2) ? `NOT (${where})` : where] }));
}

/** Rows whose columns hold what is one value by conversion only, and columns that take another's value. */
function steps({ random, catalog, actors }: Situation): PlannedStep[] {
  const table = random.pick(tablesNamed(catalog, prefix));
  const name = quoted(table.name);
  const columns = table.columns.slice(2).map((one) => quoted(one.name));
  const by = random.pick(actors.filter((actor) => actor !== 'program'));
  const alike = (): string => columns.map(() => random.pick(['1', "'1'", "'1.0'", '2', "'2'"])).join(', ');
  const [to, from] = random.some(columns, 2, 2);
  return [
    `INSERT OR REPLACE INTO ${name} ("id", "g", ${columns.join(', ')}) VALUES (${random.between(1, 7)}, 1, ${alike()})`,
    `UPDATE ${name} SET ${to} = ${from}`,
    `UPDATE ${name} SET ${to} = ${random.pick(['1', "'2'", "'1.0'"])} WHERE "id" > ${random.between(0, 6)}`,
  ].map((sql) => statementStep(sql, 'execute', { by }));
}

/** Conditions over two columns of one row that convert each other, or bring different collations. */
export const comparedColumns: Ingredient = {
  name: 'compared-columns',
  isApart: true,
  tables: (random) => tablesOfMixedKinds(random, prefix),
  query,
  steps,
};

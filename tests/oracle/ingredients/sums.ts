import { output, whereOf } from '../cores.ts';
import { near } from '../expressions.ts';
import type { Grammar, Operand } from '../grammar.ts';
import { quoted } from '../names.ts';
import type { Statement } from '../program.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { column, type Table, valueFor } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import { type Constant, nothing } from '../values.ts';
import {
  type Ingredient,
  numbers,
  plainTable,
  shownOnly,
  statementStep,
  tablesNamed,
  texts,
} from './ingredient.ts';

const prefix = 'summed';
const few = numbers(0, 1, 2);
/** No sum of them leaves int64. */
const odd = [...numbers(1, 2, 3), { sql: '2.5', value: 2.5 }, ...texts('a', '3x'), { sql: "x'31'" }, nothing];
/** None is negative, so whether a sum leaves int64 depends on no order. */
const most = { sql: '4000000000000000000' };
const huge = [most, most, { sql: '9007199254740993' }, ...numbers(1), nothing];

/** What is summed, and what it is joined with. */
function tablesOf(random: Random, values: readonly Constant[]): Table[] {
  return [
    plainTable(
      `${prefix} one`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5, 6, 7, 8)),
        column('g', 'INTEGER', 'small', '', few),
        column('h', 'INTEGER', 'small', '', few),
        column('v', random.pick(['INT', 'NUMERIC', '', 'REAL']), 'any', '', values),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
    plainTable(
      `${prefix} other`,
      [
        column('id', 'INTEGER', 'key', 'PRIMARY KEY', numbers(1, 2, 3, 4, 5)),
        column('g', 'INTEGER', 'small', '', few),
        column('v', 'INT', 'any', '', values),
      ],
      { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
    ),
  ];
}

function aggregateOf(g: Grammar, scope: readonly Operand[]): Operand {
  const values = scope.filter(({ name }) => name === 'v');
  const o = g.decides(g.random.pick(values.length > 0 && g.random.chance(0.8) ? values : scope));
  const call = g.random.pick(['sum', 'sum', 'total', 'avg', 'count', 'min', 'max']);
  g.use(call);
  const rough = call === 'sum' || call === 'total' || call === 'avg';
  return output(g, { ...shownOnly(`${call}(${o.sql})`), tag: rough ? 'approximate' : 'exact' }, true);
}

/** Aggregates that are kept by what enters and leaves a group, where nothing says otherwise. */
function query(g: Grammar): Body {
  g.use('sums');
  const [one, other] = tablesNamed(g.catalog, prefix);
  const first = tableSource(g, one);
  const second = other && g.random.chance(0.5) ? tableSource(g, other) : null;
  const scope = clean([...first.operands, ...(second?.operands ?? [])]);
  const small = scope.filter(({ flavour }) => flavour === 'small');
  const terms = g.random.some(small, 0, 2).map((o) => g.decides(o));
  const keys = terms.map((o) => output(g, o, true));
  const aggregates = g.random.times(g.random.between(1, 3), () => aggregateOf(g, scope));
  const links = small.filter(({ name }) => name === 'g');
  const on = second && links.length > 1 ? ` JOIN ${second.text} ON ${links[0]?.sql} = ${links[1]?.sql}` : '';
  const by = terms.length > 0 ? ` GROUP BY ${terms.map((o) => o.sql).join(', ')}` : '';
  const condition = g.random.pick(small);
  const where = g.random.chance(0.2) && condition ? [`${condition.sql} <> ${near(g, condition)}`] : [];
  return bodyOf({
    select: [...keys, ...aggregates],
    distinct: false,
    tail: ` FROM ${on === '' ? first.text : first.text + on}${whereOf(where)}${by}`,
    total: terms.map((o) => o.sql),
    keys: keys.map((o) => o.name),
    scope: [],
  });
}

/** One row after the other, and then rows of both tables at once. */
function steps({ random, catalog, actors, sample }: Situation): PlannedStep[] {
  const made = tablesNamed(catalog, prefix);
  if (made.length === 0) return [];
  const change = (table: Table): Statement => {
    const name = quoted(table.name);
    const value = (of: string): string => {
      const found = table.columns.find((c) => c.name === of);
      return found ? valueFor(random, found).sql : 'NULL';
    };
    const where = `WHERE "id" = ${sample(table.name, 'id') ?? '1'}`;
    const sql = random.weighted<string>([
      [3, `UPDATE ${name} SET "v" = ${value('v')} ${where}`],
      [2, `UPDATE ${name} SET "g" = ${value('g')} ${where}`],
      [
        2,
        `INSERT OR IGNORE INTO ${name} ("id", "g", "v") VALUES (${value('id')}, ${value('g')}, ${value('v')})`,
      ],
      [1, `DELETE FROM ${name} ${where}`],
    ]);
    return { type: 'run', how: 'execute', sql };
  };
  const by = random.pick(actors.filter((actor) => actor !== 'program'));
  const single = (): PlannedStep => statementStep(change(random.pick(made)).sql, 'execute', { by });
  const both = (): PlannedStep => ({
    step: { by, action: { type: 'transaction', body: made.map(change), throws: false }, schema: false },
    change: null,
  });
  return random.chance(0.3) ? [single(), both(), single(), single()] : [single()];
}

/** Sums, averages and counts over integers, REALs, texts and numbers near the limit. */
export const sums: Ingredient = {
  name: 'sums',
  tables: (random) => tablesOf(random, random.chance(0.65) ? odd : huge),
  query,
  steps,
};

/** Sums that leave int64 by one row more. */
export const hugeSums: Ingredient = {
  name: 'huge-sums',
  tables: (random) => tablesOf(random, [most, ...numbers(1, 2), nothing]),
  query,
  steps,
};

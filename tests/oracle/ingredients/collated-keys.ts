import { groups, join, output, rows, single } from '../cores.ts';
import { equalityOf } from '../expressions.ts';
import type { Grammar } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { type Column, column, type Table } from '../schema.ts';
import { clean, tableSource } from '../sources.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'keyed';
const texts = (...list: string[]): Constant[] => list.map((text) => ({ sql: `'${text}'`, value: text }));
const words = texts('a', 'A', 'a ', 'b', 'B', 'b ');
const few: Constant[] = [0, 1, 2].map((value) => ({ sql: String(value), value }));

/** A key under another collation than its column: either may tell apart what the other holds equal. */
function tables(random: Random): Table[] {
  const collations = ['BINARY', 'NOCASE', 'RTRIM'];
  const own = random.pick(collations);
  const keys = random.pick(collations.filter((name) => name !== own));
  const small = (name: string): Column => column(name, 'INTEGER', 'small', '', few);
  const id = column('id', 'TEXT', 'key', own === 'BINARY' ? '' : `COLLATE ${own}`, words);
  const pair = random.chance(0.6);
  const columns = [id, ...(pair ? [small('part')] : []), small('g'), column('name', 'TEXT', 'text')];
  const direction = random.chance(0.2) ? ' DESC' : '';
  const terms = [`${quoted('id')} COLLATE ${keys}${direction}`, ...(pair ? [quoted('part')] : [])];
  if (pair && random.chance(0.3)) terms.reverse();
  const without = random.chance(0.8);
  return [
    plainTable(`${prefix}`, columns, {
      key: pair ? ['id', 'part'] : ['id'],
      keyKind: without ? 'WITHOUT ROWID collated' : 'collated PRIMARY KEY',
      constraint: `PRIMARY KEY (${terms.join(', ')})`,
      options: without ? 'WITHOUT ROWID' : '',
      isSharp: true,
    }),
  ];
}

/** Such rows beside others: joined, looked up, counted. */
function query(g: Grammar): Body {
  g.use('key of its own collation');
  const own = tableSource(g, g.random.pick(tablesNamed(g.catalog, prefix)) ?? g.table());
  const other = tableSource(g);
  const scope = clean(own.operands);
  return g.random.weighted<() => Body>([
    [4, () => bodyOf(rows(g, join(g, single(g, own, 0.3), other, 'any')))],
    [2, () => bodyOf(rows(g, join(g, single(g, other, 0.3), own, 'any')))],
    [1, () => bodyOf(groups(g, join(g, single(g, own, 0.3), other, 'any')))],
    [1, () => bodyOf(rows(g, single(g, own)))],
    [
      3,
      () => {
        const core = rows(g, single(g, own, 0.3), true);
        const counted = `(SELECT count(*) FROM ${other.text} WHERE ${equalityOf(g, clean(other.operands), scope)})`;
        const shown = {
          sql: counted,
          tag: 'exact',
          clean: false,
          affinity: 'blob',
          collation: 'BINARY',
          flavour: 'any',
        } as const;
        return bodyOf({ ...core, select: [...core.select, output(g, shown, true)] });
      },
    ],
  ])();
}

/** Primary keys whose collation isn't that of their columns. */
export const collatedKeys: Ingredient = { name: 'collated-keys', tables, query };

import { freeName, quoted } from './names.ts';
import { makeIndex } from './objects.ts';
import type { Random } from './random.ts';
import { type Column, column, rowidName, type Schema, type Table } from './schema.ts';
import { type Constant, lists, nothing } from './values.ts';

/**
 * Schemas under which nearly every commit carries row detail: no user triggers, no STRICT tables, no other programs.
 * An engine that maintains answers may then never excuse itself by running the query again. Few distinct values, so
 * that joins find partners, groups have several rows, and sort keys tie.
 */
export function makeTameSchema(random: Random): Schema {
  const tables: Table[] = [];
  const wanted = random.some(['t', 'item', 'owner', 'note'], 2, 4);
  const tall = random.chance(0.15);
  for (const [i, name] of wanted.entries()) {
    // Small tables that others refer to come first; the last one has rows enough for windows and groups.
    const isLast = i === wanted.length - 1;
    const large = i > 0 && (isLast || random.chance(0.3));
    tables.push(makeTameTable(random, name, isLast && tall ? 'tall' : large ? 'large' : 'small', tables));
  }
  const indexes = random.times(random.between(0, 4), (i) => makeIndex(random, random.pick(tables), `ix${i}`));
  // A unique index would turn most of the changes into errors.
  const plain = indexes.filter((sql) => !sql.startsWith('CREATE UNIQUE') || random.chance(0.2));
  return { tame: true, tables, indexes: plain, triggers: [] };
}

const numbers = (low: number, high: number): Constant[] =>
  Array.from({ length: high - low + 1 }, (_, i) => ({ sql: String(low + i), value: low + i }));
const texts = (...list: string[]): Constant[] => list.map((text) => ({ sql: `'${text}'`, value: text }));

const smallNumbers = [...numbers(0, 3), nothing];
const words = [...texts('a', 'A', 'b', 'a ', ''), nothing];
const otherWords = [...texts('a', 'A', 'a ', 'Ä', 'ä', '\uff5e', '🎈'), nothing];
const mixed: Constant[] = [
  ...numbers(0, 2),
  ...texts('1', 'a'),
  { sql: '1.0' },
  { sql: '2.5', value: 2.5 },
  nothing,
];
const amounts: Constant[] = [{ sql: '0.5', value: 0.5 }, { sql: '1.5', value: 1.5 }, { sql: '2.0' }, nothing];

const collations = ['COLLATE NOCASE', 'COLLATE RTRIM'];

/** A few of them leave int64: none is negative, so whether they do depends on no order. */
const huge: Constant[] = [
  { sql: '4000000000000000000' },
  { sql: '9007199254740993' },
  ...numbers(1, 2),
  nothing,
];

/** What refers to keys: most find a partner, some wait for one, some are NULL. */
const references = [...numbers(1, 10), nothing, nothing];

interface Key {
  readonly kind: string;
  readonly columns: readonly Column[];
  readonly constraint?: string;
  readonly withoutRowid?: boolean;
}

/** `tall`: more rows than a window keeps in reserve. */
type Size = 'small' | 'large' | 'tall';

function tameKey(random: Random, name: string, size: Size): Key {
  const ids = numbers(1, { small: 12, large: 60, tall: 400 }[size]);
  const single = (kind: string, type: string, constraints: string, domain = ids): Key => ({
    kind,
    columns: [column(name, type, 'key', constraints, domain)],
    withoutRowid: kind.startsWith('WITHOUT ROWID'),
  });
  const pair = (kind: string, withoutRowid: boolean): Key => ({
    kind,
    withoutRowid,
    columns: [
      column(name, 'INT', 'key', 'NOT NULL', numbers(1, 12)),
      column('part', 'INTEGER', 'small', 'NOT NULL', numbers(0, { small: 2, large: 5, tall: 30 }[size])),
    ],
    constraint: `PRIMARY KEY (${quoted(name)}, "part")`,
  });
  // Text that looks like the numbers that refer to it.
  const digits = texts(...ids.map(({ sql }) => sql));
  return random.weighted<() => Key>([
    [9, () => single('INTEGER PRIMARY KEY', 'INTEGER', 'PRIMARY KEY')],
    [1, () => single('AUTOINCREMENT', 'INTEGER', 'PRIMARY KEY AUTOINCREMENT')],
    [4, () => ({ kind: 'no declared key', columns: [column(name, 'INT', 'key', '', references)] })],
    [1, () => single('TEXT PRIMARY KEY', 'TEXT', 'PRIMARY KEY', [...digits, nothing])],
    [1, () => single('INT PRIMARY KEY', 'INT', 'PRIMARY KEY', [...ids, nothing])],
    [2, () => single('WITHOUT ROWID', 'INTEGER', 'PRIMARY KEY')],
    [3, () => single('WITHOUT ROWID', 'TEXT', 'PRIMARY KEY', digits)],
    [1, () => pair('composite PRIMARY KEY', false)],
    [1, () => pair('composite WITHOUT ROWID', true)],
  ])();
}

/** REFERENCES with actions that change several tables at once. */
function cascade(random: Random, tables: readonly Table[]): string {
  const parents = tables.filter((t) => t.keyKind === 'INTEGER PRIMARY KEY');
  if (parents.length === 0 || !random.chance(0.12)) return '';
  const parent = random.pick(parents);
  const action = () => random.pick(['CASCADE', 'SET NULL']);
  return `REFERENCES ${quoted(parent.name)} (${quoted(parent.key[0] as string)}) ON DELETE ${action()} ON UPDATE ${action()} DEFERRABLE INITIALLY DEFERRED`;
}

function makeTameTable(random: Random, wanted: string, size: Size, tables: readonly Table[]): Table {
  const large = size !== 'small';
  const name = freeName(
    random,
    wanted,
    tables.map((table) => table.name),
    0.02,
  );
  const key = tameKey(random, random.chance(0.8) ? 'id' : 'key', size);
  const collate = random.pick(['', '', '', ...collations]);
  const columns = [...key.columns, column('g', 'INTEGER', 'small', '', smallNumbers)];
  const more = (chance: number, make: () => Column): void => {
    if (random.chance(chance)) columns.push(make());
  };
  more(large ? 0.95 : 0.5, () =>
    column(
      'parent',
      tables.some((table) => table.keyKind.includes('TEXT') || table.columns[0]?.affinity === 'text') &&
        random.chance(0.5)
        ? 'TEXT'
        : random.pick(['INTEGER', 'INTEGER', 'TEXT', '']),
      'key',
      cascade(random, tables),
      references,
    ),
  );
  more(0.3, () => column('second', 'INTEGER', 'key', '', references));
  more(0.7, () => column('name', 'TEXT', 'text', collate, words));
  more(0.3, () =>
    column(
      'label',
      'TEXT',
      'text',
      random.pick(['', ...collations, ...collations]),
      random.pick([words, otherWords]),
    ),
  );
  more(0.35, () => column('x', random.pick(['', 'NUMERIC', 'TEXT', 'INT']), 'any', '', mixed));
  more(0.5, () => column('n', 'INT', 'small', '', random.chance(0.5) ? numbers(0, 9) : smallNumbers));
  more(0.15, () => column('price', 'REAL', 'real', '', amounts));
  more(0.3, () => column('tags', 'TEXT', 'json', '', [...lists, nothing]));
  more(0.06, () => column('huge', 'INTEGER', 'any', '', huge));
  more(0.08, () => column('gen', 'INTEGER', 'small', 'GENERATED ALWAYS AS ("g" * 2 - 1) VIRTUAL'));
  more(0.08, () => column('u', 'INTEGER', 'small', 'UNIQUE', [...numbers(0, 30), nothing, nothing]));
  return {
    name,
    columns,
    key: key.kind === 'no declared key' ? [] : key.columns.map((c) => c.name),
    rowid: key.withoutRowid ? null : rowidName(columns),
    keyKind: key.kind,
    constraint: key.constraint,
    options: key.withoutRowid ? 'WITHOUT ROWID' : '',
    tall: size === 'tall',
  };
}

/** How many rows a table starts with. */
export const tameSize = (random: Random, table: Table): number => {
  const large = table.columns.some((c) => (c.domain?.length ?? 0) > 50) || random.chance(0.15);
  // Fewer than a window keeps, so that it sees them all come; or more.
  if (table.tall) return random.chance(0.5) ? random.between(15, 35) : random.between(80, 130);
  if (random.chance(0.08)) return 0;
  return large ? random.between(15, 40) : random.between(5, 12);
};

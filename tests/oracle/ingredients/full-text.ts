import { rows, single } from '../cores.ts';
import type { Catalog, Grammar, Operand, Source } from '../grammar.ts';
import { quoted } from '../names.ts';
import { type Body, bodyOf } from '../queries.ts';
import type { Random } from '../random.ts';
import { column, type Table } from '../schema.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, statementStep, tablesNamed } from './ingredient.ts';

const content = 'post';
const few: Constant[] = [0, 1, 2].map((value) => ({ sql: String(value), value }));
const titles: Constant[] = ['a pear', 'pear tree', 'apple', 'apple pear', 'tree', ''].map((text) => ({
  sql: `'${text}'`,
  value: text,
}));
const states: Constant[] = ['draft', 'published'].map((text) => ({ sql: `'${text}'`, value: text }));

const tables = (): Table[] => [
  plainTable(
    content,
    [
      column(
        'id',
        'INTEGER',
        'key',
        'PRIMARY KEY',
        [1, 2, 3, 4, 5, 6, 7].map((value) => ({ sql: String(value), value })),
      ),
      column('title', 'TEXT', 'text', '', titles),
      column('status', 'TEXT', 'text', '', states),
      column('g', 'INTEGER', 'small', '', few),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY' },
  ),
];

/** Indexes over the table's texts that take their rows from it, or from a view of it, and tables of their terms. */
function objects(random: Random, catalog: Catalog): string[] {
  if (tablesNamed(catalog, content).length === 0) return [];
  const name = quoted(content);
  const synced = (index: string, old: string): string[] => [
    `CREATE TRIGGER "${index} in" AFTER INSERT ON ${name} BEGIN INSERT INTO ${index}(rowid, title) VALUES (NEW.id, NEW.title); END`,
    `CREATE TRIGGER "${index} out" AFTER DELETE ON ${name} BEGIN ${old}; END`,
    `CREATE TRIGGER "${index} on" AFTER UPDATE OF id, title ON ${name} BEGIN ${old}; INSERT INTO ${index}(rowid, title) VALUES (NEW.id, NEW.title); END`,
  ];
  const forget = "INSERT INTO search(search, rowid, title) VALUES ('delete', OLD.id, OLD.title)";
  return [
    `CREATE VIEW published AS SELECT id, title, g FROM ${name} WHERE status = 'published'`,
    `CREATE VIRTUAL TABLE search USING fts5(title, status UNINDEXED, content='${content}', content_rowid='id')`,
    ...synced('search', forget),
    "CREATE VIRTUAL TABLE over_view USING fts5(title, g UNINDEXED, content='published', content_rowid='id')",
    `CREATE VIRTUAL TABLE terms USING fts5vocab(search, ${random.pick(['row', 'col', 'instance'])})`,
    `CREATE VIRTUAL TABLE old_search USING fts4(title, status, content='${content}')`,
    'CREATE VIRTUAL TABLE old_terms USING fts4aux(old_search)',
    'CREATE VIRTUAL TABLE own_search USING fts5(title)',
    "INSERT INTO search(search) VALUES ('rebuild')",
    "INSERT INTO over_view(over_view) VALUES ('rebuild')",
    "INSERT INTO old_search(old_search) VALUES ('rebuild')",
    `INSERT INTO own_search SELECT title FROM ${name}`,
  ];
}

const operand = (alias: string, name: string, flavour: Operand['flavour']): Operand => ({
  sql: `${alias}.${name}`,
  name,
  affinity: 'blob',
  collation: 'BINARY',
  flavour,
  tag: 'exact',
  clean: true,
});

interface Index {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, flavour: Operand['flavour']])[];
  readonly key: string;
  /** Whether MATCH asks it. */
  readonly matches?: boolean;
}

const indexes: readonly Index[] = [
  {
    name: 'search',
    columns: [
      ['title', 'text'],
      ['status', 'text'],
    ],
    key: 'rowid',
    matches: true,
  },
  {
    name: 'over_view',
    columns: [
      ['title', 'text'],
      ['g', 'small'],
    ],
    key: 'rowid',
    matches: true,
  },
  { name: 'terms', columns: [['term', 'text']], key: 'term' },
  {
    name: 'old_search',
    columns: [
      ['title', 'text'],
      ['status', 'text'],
    ],
    key: 'rowid',
    matches: true,
  },
  {
    name: 'old_terms',
    columns: [
      ['term', 'text'],
      ['documents', 'small'],
    ],
    key: 'term',
  },
  { name: 'own_search', columns: [['title', 'text']], key: 'rowid', matches: true },
];

function query(g: Grammar): Body {
  g.use('full text');
  const index = g.random.pick(indexes);
  const alias = g.alias();
  const source: Source = {
    text: `${index.name} ${alias}`,
    operands: index.columns.map(([name, flavour]) => operand(alias, name, flavour)),
    // A term of the detailed kinds occurs in several rows.
    keys: index.matches ? [operand(alias, index.key, 'key')] : null,
  };
  const word = g.random.pick(['pear', 'apple', 'tree']);
  const where = index.matches && g.random.chance(0.6) ? [`${index.name} MATCH '${word}'`] : [];
  // MATCH names the table, so it needs its own name.
  const text = where.length > 0 ? index.name : source.text;
  const own = where.length > 0 ? source.operands.map((o) => ({ ...o, sql: o.name })) : source.operands;
  const keys = where.length > 0 ? (source.keys?.map((o) => ({ ...o, sql: o.name })) ?? null) : source.keys;
  const read = single(g, { text, operands: own, keys }, 0.2);
  return bodyOf(rows(g, { ...read, where: [...read.where, ...where] }, true));
}

/** Changes that the indexes hear of, and changes that they don't. */
function steps({ random, catalog, sample, actors }: Situation): PlannedStep[] {
  if (tablesNamed(catalog, content).length === 0) return [];
  const name = quoted(content);
  const id = sample(content, 'id') ?? '1';
  const sql = random.weighted<string>([
    [4, `UPDATE ${name} SET status = ${random.pick(states).sql} WHERE id = ${id}`],
    [2, `UPDATE ${name} SET g = ${random.pick(few).sql} WHERE id = ${id}`],
    [2, `UPDATE ${name} SET title = ${random.pick(titles).sql} WHERE id = ${id}`],
    [
      2,
      `INSERT INTO ${name} (title, status) VALUES (${random.pick(titles).sql}, ${random.pick(states).sql})`,
    ],
    [1, `DELETE FROM ${name} WHERE id = ${id}`],
    [1, `INSERT INTO own_search VALUES (${random.pick(titles).sql})`],
    [0.5, "INSERT INTO over_view(over_view) VALUES ('rebuild')"],
    [0.5, "INSERT INTO old_search(old_search) VALUES ('rebuild')"],
  ]);
  return [statementStep(sql, 'execute', { by: random.pick(actors) })];
}

/** Full-text indexes that keep no rows of their own but read them elsewhere. */
export const fullText: Ingredient = { name: 'full-text', tables, objects, query, steps };

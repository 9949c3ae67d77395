import type { Catalog } from './grammar.ts';
import { quoted } from './names.ts';
import { freeObjectName, makeIndex, makeTrigger } from './objects.ts';
import { createView, makeView } from './queries.ts';
import type { Random } from './random.ts';
import { type Column, column, createTable, makeTable, rowidName, type Table } from './schema.ts';

/** A change of the schema, and what the catalog is when it succeeds. */
export interface SchemaChange {
  readonly kind: string;
  readonly sql: string;
  readonly after: Catalog;
}

const withTable = (catalog: Catalog, old: Table, changed: Table): Catalog => ({
  ...catalog,
  tables: catalog.tables.map((table) => (table === old ? changed : table)),
});

const withColumns = (catalog: Catalog, table: Table, columns: readonly Column[]): Catalog =>
  withTable(catalog, table, { ...table, columns, rowid: table.rowid && rowidName(columns) });

const namesIn = (list: readonly string[]): string[] => list.map((sql) => /"(\w+)"/.exec(sql)?.[1] ?? '');

/**
 * One random change of the schema, or of a setting that changes what statements and plans do; a `mild` one leaves
 * columns, rows and triggers alone.
 */
export function makeSchemaChange(random: Random, catalog: Catalog, mild = false): SchemaChange {
  const table = random.pick(catalog.tables);
  const name = quoted(table.name);
  const free = (wanted: string) => freeObjectName(random, catalog, `${wanted}${random.between(0, 99)}`);
  const same = (kind: string, sql: string): SchemaChange => ({ kind, sql, after: catalog });
  const plain = table.columns.filter((c) => !table.key.includes(c.name) && c.flavour !== 'key');
  const createIndex = (): SchemaChange => {
    const sql = makeIndex(random, table, free('ix'));
    return { kind: 'CREATE INDEX', sql, after: { ...catalog, indexes: [...catalog.indexes, sql] } };
  };
  const scan = (): SchemaChange =>
    same('PRAGMA', `PRAGMA reverse_unordered_selects = ${random.between(0, 1)}`);
  if (mild) return random.pick([createIndex, scan, scan, () => same('ANALYZE', 'ANALYZE')])();
  return random.weighted<() => SchemaChange>([
    [5, createIndex],
    [catalog.indexes.length > 0 ? 3 : 0, () => dropped(random, catalog, 'INDEX', 'indexes')],
    [
      3,
      () => {
        const added = column(
          free('added'),
          'INT',
          'small',
          random.pick(['', 'DEFAULT 2', 'NOT NULL DEFAULT 1']),
        );
        const sql = `ALTER TABLE ${name} ADD COLUMN ${quoted(added.name)} INT ${added.constraints}`.trimEnd();
        return { kind: 'ADD COLUMN', sql, after: withColumns(catalog, table, [...table.columns, added]) };
      },
    ],
    [
      2,
      () => {
        const old = random.pick(plain);
        const renamed = { ...old, name: free('renamed') };
        const sql = `ALTER TABLE ${name} RENAME COLUMN ${quoted(old.name)} TO ${quoted(renamed.name)}`;
        const columns = table.columns.map((c) => (c === old ? renamed : c));
        return { kind: 'RENAME COLUMN', sql, after: withColumns(catalog, table, columns) };
      },
    ],
    [
      plain.length > 2 ? 2 : 0,
      () => {
        const gone = plain[plain.length - 1] as Column;
        const sql = `ALTER TABLE ${name} DROP COLUMN ${quoted(gone.name)}`;
        const columns = table.columns.filter((c) => c !== gone);
        return { kind: 'DROP COLUMN', sql, after: withColumns(catalog, table, columns) };
      },
    ],
    [
      1,
      () => {
        const renamed = { ...table, name: free('table') };
        return {
          kind: 'RENAME TABLE',
          sql: `ALTER TABLE ${name} RENAME TO ${quoted(renamed.name)}`,
          after: withTable(catalog, table, renamed),
        };
      },
    ],
    [
      1,
      () => {
        const made = makeTable(random, catalog.tables, free('table'));
        return {
          kind: 'CREATE TABLE',
          sql: createTable(made),
          after: { ...catalog, tables: [...catalog.tables, made] },
        };
      },
    ],
    [
      catalog.tables.length > 2 ? 1 : 0,
      () => {
        const tables = catalog.tables.filter((t) => t !== table);
        return { kind: 'DROP TABLE', sql: `DROP TABLE ${name}`, after: { ...catalog, tables } };
      },
    ],
    [
      1,
      () => {
        // The same keys, so that orders stay total; but other columns' places, and no rows.
        const columns = random.chance(0.5) ? table.columns.toReversed() : table.columns;
        const made = { ...table, columns: [...columns, column(free('added'), 'INT', 'small')] };
        const sql = `DROP TABLE ${name}; ${createTable(made)}`;
        return { kind: 'DROP and CREATE TABLE', sql, after: withTable(catalog, table, made) };
      },
    ],
    [
      1,
      () => {
        const view = makeView(random, catalog, free('v'));
        return {
          kind: 'CREATE VIEW',
          sql: createView(view),
          after: { ...catalog, views: [...catalog.views, view] },
        };
      },
    ],
    [
      catalog.views.length > 0 ? 1 : 0,
      () => {
        const view = random.pick(catalog.views);
        const views = catalog.views.filter((v) => v !== view);
        return { kind: 'DROP VIEW', sql: `DROP VIEW ${quoted(view.name)}`, after: { ...catalog, views } };
      },
    ],
    [catalog.views.length > 0 ? 1 : 0, () => replacedView(random, catalog)],
    [
      catalog.tables.length > 1 ? 2 : 0,
      () => {
        const sql = makeTrigger(random, catalog.tables, free('tr'));
        return { kind: 'CREATE TRIGGER', sql, after: { ...catalog, triggers: [...catalog.triggers, sql] } };
      },
    ],
    [catalog.triggers.length > 0 ? 2 : 0, () => dropped(random, catalog, 'TRIGGER', 'triggers')],
    [1, () => same('ANALYZE', 'ANALYZE')],
    [1, () => same('VACUUM', 'VACUUM')],
    [0.5, () => same('REINDEX', 'REINDEX')],
    [0.5, () => same('ATTACH', random.pick(["ATTACH ':memory:' AS extra", 'DETACH extra']))],
    [
      0.5,
      () =>
        same('TEMP TABLE', random.pick([createTable(table, 'TEMP '), `DROP TABLE IF EXISTS temp.${name}`])),
    ],
    [4, scan],
    [0.5, () => same('PRAGMA', `PRAGMA case_sensitive_like = ${random.between(0, 1)}`)],
    [0.5, () => same('PRAGMA', `PRAGMA recursive_triggers = ${random.between(0, 1)}`)],
  ])();
}

function dropped(random: Random, catalog: Catalog, what: string, list: 'indexes' | 'triggers'): SchemaChange {
  const sql = random.pick(catalog[list]);
  const rest = catalog[list].filter((other) => other !== sql);
  const name = quoted(namesIn([sql])[0] as string);
  return { kind: `DROP ${what}`, sql: `DROP ${what} IF EXISTS ${name}`, after: { ...catalog, [list]: rest } };
}

/** A view's name with fewer rows behind it: the text of the queries over it stays as it is. */
function replacedView(random: Random, catalog: Catalog): SchemaChange {
  const old = random.pick(catalog.views);
  const columns = old.columns.map((c) => quoted(c.name));
  const body = `SELECT ${columns.join(', ')} FROM (${old.body}) WHERE ${random.pick(columns)} ${random.pick(['IS NOT NULL', '<> 2'])}`;
  const made = { ...old, body };
  const sql = `DROP VIEW ${quoted(old.name)}; ${createView(made)}`;
  const views = catalog.views.map((view) => (view === old ? made : view));
  return { kind: 'DROP and CREATE VIEW', sql, after: { ...catalog, views } };
}

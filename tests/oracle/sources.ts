import type { Grammar, Operand, RelationColumn, Source } from './grammar.ts';
import { quoted } from './names.ts';
import type { Table } from './schema.ts';

/** Columns that the generators may compare, group and join with; tagged ones may only be shown. */
export const clean = (operands: readonly Operand[]): readonly Operand[] => operands.filter((o) => o.clean);

/** A relation's columns, as an alias shows them. */
export function operandsOf(g: Grammar, alias: string, columns: readonly RelationColumn[]): Operand[] {
  return columns.map((column) => ({ ...column, sql: `${alias}.${g.written(column.name)}` }));
}

/** A base table under an alias, or under its own name. */
export function tableSource(g: Grammar, table: Table = g.table()): Source {
  g.readTable(table.name);
  const named = g.random.chance(0.95);
  const alias = named ? g.alias() : quoted(table.name);
  const operands = operandsOf(
    g,
    alias,
    table.columns.map(({ name, affinity, collation, flavour, domain }) => ({
      name,
      affinity,
      collation,
      flavour,
      domain,
      origin: { table: table.name, column: name },
      tag: 'exact',
      clean: true,
    })),
  );
  const rowid: Operand | null = table.rowid === null ? null : rowidOperand(alias, table.rowid);
  // Another declared key of a rowid table may hold several NULLs: there only the rowid surely identifies a row.
  const declared = operands.filter((o) => table.key.includes(o.name));
  const isRowid = /^(INTEGER PRIMARY KEY|AUTOINCREMENT)( STRICT)?$/.test(table.keyKind);
  const identifies = isRowid || table.options.includes('WITHOUT ROWID');
  const own = table.isSharp ? declared.map(bytewise) : declared;
  const keys = rowid && !(isRowid && g.random.chance(0.8)) ? [rowid] : identifies ? own : [];
  const schema = g.random.chance(0.03) ? `${table.home ?? 'main'}.` : '';
  const text = `${schema}${g.written(table.name)}${named ? `${g.random.pick([' AS ', ' '])}${alias}` : ''}`;
  return {
    text: schema && !named ? quoted(table.name) : text,
    operands,
    keys: keys.length > 0 ? keys : null,
  };
}

/** Byte by byte, so that no two rows tie. */
const bytewise = (o: Operand): Operand => ({ ...o, sql: `${o.sql} COLLATE BINARY`, collation: 'BINARY' });

const rowidOperand = (alias: string, name: string): Operand => ({
  sql: `${alias}.${name}`,
  name,
  affinity: 'integer',
  collation: 'BINARY',
  flavour: 'key',
  tag: 'exact',
  clean: true,
});

const viewFeatures = [
  ['derived table over join', 'view over join'],
  ['group by', 'view over aggregate'],
  ['grand total', 'view over aggregate'],
  ['union all', 'view over set operator'],
  ['union', 'view over set operator'],
  ['intersect', 'view over set operator'],
  ['except', 'view over set operator'],
  ['view', 'view over view'],
  ['CTE', 'view with CTE'],
] as const;

export function viewSource(g: Grammar): Source {
  const usable = g.catalog.views.filter((view) => view.columns.some((column) => column.clean));
  if (usable.length === 0) return tableSource(g);
  g.use('view');
  const view = g.random.pick(usable);
  for (const [feature, name] of viewFeatures) if (view.features.includes(feature)) g.use(name);
  const alias = g.alias();
  const operands = operandsOf(g, alias, view.columns);
  const keys = view.keys && operands.filter((o) => view.keys?.includes(o.name));
  return { text: `${g.written(view.name)} ${alias}`, operands, keys };
}

/** `json_each(t.tags)` beside the table that it opens. */
export function lateralSource(g: Grammar, table: Source): Source | null {
  const json = table.operands.filter((o) => o.flavour === 'json' && o.clean);
  if (json.length === 0) return null;
  g.use('json_each');
  const alias = g.alias();
  const part = (name: string, flavour: Operand['flavour']): Operand => ({
    sql: `${alias}.${name}`,
    name,
    affinity: 'blob',
    collation: 'BINARY',
    flavour,
    tag: 'exact',
    clean: true,
  });
  const operands = [part('key', 'small'), part('value', 'any'), part('type', 'text')];
  return {
    text: `json_each(${g.random.pick(json).sql}) ${alias}`,
    operands,
    keys: table.keys && [part('key', 'small')],
  };
}

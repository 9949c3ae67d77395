import type { Params } from '../../core/values.ts';
import { predicate } from './expressions.ts';
import { type Catalog, Grammar, type Operand } from './grammar.ts';
import { quoted } from './names.ts';
import type { Action, How } from './program.ts';
import type { Random } from './random.ts';
import { type Column, type Table, valueFor } from './schema.ts';

/** A value that the column of the table holds just now, as a literal; null where there is no row. */
export type Sampler = (table: string, column: string) => string | null;

/** One data change on one table, as text in the making. */
interface Draft {
  readonly g: Grammar;
  readonly random: Random;
  readonly table: Table;
  readonly sample: Sampler;
}

const writable = (table: Table): readonly Column[] => table.columns.filter((c) => !c.generated);
const others = (table: Table): readonly Column[] =>
  writable(table).filter((c) => !table.key.includes(c.name));

const conflict = (random: Random): string =>
  random.weighted([
    [6, ''],
    [3, ' OR REPLACE'],
    [2, ' OR IGNORE'],
    [1, ' OR FAIL'],
    [0.5, ' OR ROLLBACK'],
    [1, ' OR ABORT'],
  ]);

const operands = (table: Table): Operand[] =>
  table.columns.map((c) => ({ ...c, sql: quoted(c.name), tag: 'exact', clean: true }));

/** WHERE for an UPDATE or DELETE: mostly a row or a few, at times all of them. */
function where(draft: Draft): string {
  const { g, random, table } = draft;
  const key = table.columns.find((c) => c.flavour === 'key') as Column;
  const small = table.columns.find((c) => c.flavour === 'small') as Column;
  const present = (c: Column): string =>
    (random.chance(0.85) ? draft.sample(table.name, c.name) : null) ?? g.constant(valueFor(random, c));
  const reachable = table.rowid ?? quoted(table.key[0] ?? key.name);
  return random.weighted<() => string>([
    [6, () => ` WHERE ${quoted(key.name)} = ${present(key)}`],
    [3, () => ` WHERE ${quoted(small.name)} = ${present(small)}`],
    [2, () => ` WHERE ${predicate(g, operands(table), 1)}`],
    [
      2,
      () =>
        ` WHERE ${reachable} IN (SELECT ${reachable} FROM ${quoted(table.name)} ORDER BY 1 LIMIT ${random.between(1, 3)})`,
    ],
    [2, () => ` WHERE ${reachable} = (SELECT max(${reachable}) FROM ${quoted(table.name)})`],
    [0.4, () => ''],
  ])();
}

const returning = (draft: Draft): string =>
  draft.random.chance(0.1)
    ? ` RETURNING ${draft.random.pick(['*', quoted(draft.random.pick(draft.table.columns).name)])}`
    : '';

function valuesFor(draft: Draft, columns: readonly Column[]): string {
  return `(${columns.map((c) => draft.g.constant(valueFor(draft.random, c))).join(', ')})`;
}

/** The columns that an INSERT names; a rowid alias may be left to SQLite. */
function named(draft: Draft): readonly Column[] {
  const { random, table } = draft;
  const kept = writable(table).filter((c) => c.flavour === 'key' || random.chance(0.85));
  const automatic = /^(INTEGER PRIMARY KEY|AUTOINCREMENT)/.test(table.keyKind) && random.chance(0.3);
  return automatic ? kept.filter((c) => !table.key.includes(c.name)) : kept;
}

function upsert(draft: Draft): string {
  const { g, random, table } = draft;
  const target = table.key.length > 0 && random.chance(0.6) ? ` (${table.key.map(quoted).join(', ')})` : '';
  if (random.chance(0.25)) return ` ON CONFLICT${target} DO NOTHING`;
  const set = random.some(others(table), 1, 2).map((c) => {
    const value = random.pick([
      `excluded.${quoted(c.name)}`,
      g.constant(valueFor(random, c)),
      quoted(c.name),
    ]);
    return `${quoted(c.name)} = ${value}`;
  });
  const only = random.chance(0.2)
    ? ` WHERE excluded.${quoted(random.pick(others(table)).name)} IS NOT NULL`
    : '';
  return ` ON CONFLICT${target} DO UPDATE SET ${set.join(', ')}${only}`;
}

function insert(draft: Draft): string {
  const { g, random, table } = draft;
  const columns = named(draft);
  const into = `INTO ${g.written(table.name)} (${columns.map((c) => g.written(c.name)).join(', ')})`;
  return random.weighted<() => string>([
    [5, () => `INSERT ${into} VALUES ${valuesFor(draft, columns)}${returning(draft)}`],
    [5, () => `INSERT${conflict(random)} ${into} VALUES ${rowsOf(draft, columns)}${returning(draft)}`],
    [2, () => `REPLACE ${into} VALUES ${rowsOf(draft, columns)}${returning(draft)}`],
    [4, () => `INSERT ${into} VALUES ${rowsOf(draft, columns)}${upsert(draft)}${returning(draft)}`],
    [2, () => `INSERT${conflict(random)} ${into} ${selected(draft, columns)}`],
    [0.3, () => `INSERT INTO ${quoted(table.name)} DEFAULT VALUES`],
  ])();
}

const rowsOf = (draft: Draft, columns: readonly Column[]): string =>
  draft.random.times(draft.random.between(1, 4), () => valuesFor(draft, columns)).join(', ');

/** INSERT ... SELECT: rows of any table, its own included; what it doesn't have becomes constants. */
function selected(draft: Draft, columns: readonly Column[]): string {
  const { g, random } = draft;
  const from = random.pick(g.catalog.tables);
  const value = (c: Column): string => {
    const alike = from.columns.filter((other) => other.flavour === c.flavour);
    if (alike.length === 0 || random.chance(0.4)) return valueFor(random, c).sql;
    const name = quoted(random.pick(alike).name);
    return c.flavour === 'small' || (c.flavour === 'key' && c.affinity === 'integer') ? `${name} + 1` : name;
  };
  const order = from.rowid ?? from.key.map(quoted).join(', ');
  const last = order === '' ? '' : ` ORDER BY ${order}`;
  return `SELECT ${columns.map(value).join(', ')} FROM ${quoted(from.name)}${last} LIMIT ${random.between(1, 3)}`;
}

function update(draft: Draft): string {
  const { g, random, table } = draft;
  const set = (c: Column): string => {
    const same = others(table).filter((other) => other.flavour === c.flavour && other !== c);
    const value = random.weighted([
      [4, g.constant(valueFor(random, c))],
      [1, quoted(c.name)],
      [c.flavour === 'small' ? 2 : 0, `${quoted(c.name)} ${random.pick(['+ 1', '- 1', '% 3'])}`],
      [same.length > 0 ? 1 : 0, quoted((same.length > 0 ? random.pick(same) : c).name)],
    ]);
    return `${g.written(c.name)} = ${value}`;
  };
  const assignments = random.some(others(table), 1, 2).map(set);
  return `UPDATE${conflict(random)} ${g.written(table.name)} SET ${assignments.join(', ')}${where(draft)}${returning(draft)}`;
}

/** Changes of the key itself: by value, by a step over the others, through negatives, to another case. */
function moveKey(draft: Draft): string {
  const { g, random, table } = draft;
  const key = table.columns.find((c) => c.flavour === 'key') as Column;
  const name = quoted(key.name);
  const numbers = key.affinity === 'integer';
  const rowid = table.rowid && random.chance(0.15) ? table.rowid : null;
  const set = random.weighted([
    [4, `${name} = ${g.constant(valueFor(random, key))}`],
    [numbers ? 2 : 0, `${name} = ${name} + 10`],
    [numbers ? 3 : 0, `${name} = ${name} - 10`],
    [numbers ? 2 : 0, `${name} = -${name}`],
    [numbers ? 0 : 2, `${name} = ${random.pick(['upper', 'lower'])}(${name})`],
    [rowid ? 3 : 0, `${rowid} = ${rowid} + 7`],
  ]);
  return `UPDATE${conflict(random)} ${quoted(table.name)} SET ${set}${where(draft)}`;
}

/** UPDATE ... FROM, by a key of the other table, so that each row finds one partner at most. */
function updateFrom(draft: Draft): string {
  const { g, random, table } = draft;
  const partners = g.catalog.tables.filter((t) => t !== table && t.key.length === 1 && t.rowid);
  if (partners.length === 0) return update(draft);
  const partner = random.pick(partners);
  const target = random.pick(others(table));
  const values = partner.columns.filter((c) => c.flavour === target.flavour);
  if (values.length === 0) return update(draft);
  const own = random.pick(table.columns.filter((c) => c.flavour === 'small' || c.flavour === 'key'));
  const set = `${quoted(target.name)} = p.${quoted(random.pick(values).name)}`;
  return `UPDATE ${quoted(table.name)} SET ${set} FROM ${quoted(partner.name)} p WHERE p.${partner.rowid} = ${quoted(table.name)}.${quoted(own.name)}`;
}

const remove = (draft: Draft): string =>
  `DELETE FROM ${draft.g.written(draft.table.name)}${where(draft)}${returning(draft)}`;

/** What SQLite refuses: by syntax, by a missing name, by a rule of the schema halfway through. */
function failing(draft: Draft): string {
  const { random, table } = draft;
  const columns = writable(table);
  const row = valuesFor(draft, columns);
  return random.weighted([
    [1, `INSRT INTO ${quoted(table.name)} VALUES (1)`],
    [1, `UPDATE ${quoted(table.name)} SET missing = 1`],
    [1, 'DELETE FROM missing'],
    [
      4,
      `INSERT${conflict(random)} INTO ${quoted(table.name)} (${columns.map((c) => quoted(c.name)).join(', ')}) VALUES ${row}, ${row}`,
    ],
  ]);
}

/** One random data change, by one of the calls that can make it. */
export function makeStatement(random: Random, catalog: Catalog, sample: Sampler): Action {
  const table = random.pick(catalog.tables);
  if (random.chance(0.04)) return batch(random, catalog, table);
  const how = random.weighted<How>([
    [8, 'execute'],
    [2, 'exec'],
    [1, 'prepare'],
  ]);
  const style =
    how === 'exec' ? 'none' : random.pick(['none', 'anonymous', 'numbered', 'dollar', 'named'] as const);
  const g = new Grammar(random, catalog, style);
  const draft = { g, random, table, sample };
  const sql = random.weighted<() => string>([
    [9, () => insert(draft)],
    [7, () => update(draft)],
    [3, () => moveKey(draft)],
    [1, () => updateFrom(draft)],
    [4, () => remove(draft)],
    [1, () => failing(draft)],
  ])();
  const rendered = g.render(sql);
  const reads = /RETURNING/.test(rendered.sql);
  const call = reads && how !== 'exec' ? random.pick(['query', 'iterate'] as const) : how;
  const rowid = table.rowid !== null && /^INSERT INTO/.test(sql) && !/ON CONFLICT/.test(sql);
  return { type: 'run', how: call, rowid, ...rendered };
}

const nothingKnown: Sampler = () => null;

function batch(random: Random, catalog: Catalog, table: Table): Action {
  const g = new Grammar(random, catalog, 'none');
  const columns = named({ g, random, table, sample: nothingKnown }).filter((c) => c.flavour !== 'real');
  const places = columns.map(() => '?').join(', ');
  const sql = `INSERT${conflict(random)} INTO ${quoted(table.name)} (${columns.map((c) => quoted(c.name)).join(', ')}) VALUES (${places})`;
  const list = random.times(random.between(0, 3), () =>
    columns.map((c) => valueFor(random, c).value ?? null),
  ) as Params[];
  return { type: 'batch', sql, list };
}

/**
 * Two changes on one joined tuple (rules 1 and 2 of section 11): a value that one table holds is sought in two, or
 * twice in the same. The rules that it tests have the lowest natural rate.
 */
export function pairedChange(random: Random, catalog: Catalog, sample: Sampler): Action[] {
  const first = random.pick(catalog.tables);
  const shared = random.pick(first.columns.filter((c) => c.flavour === 'key' || c.flavour === 'small'));
  const value = sample(first.name, shared.name) ?? valueFor(random, shared).sql;
  const second = random.pick(catalog.tables);
  const partner = random.pick(second.columns.filter((c) => c.flavour === shared.flavour));
  const sides = [[first, shared] as const, [second, partner] as const];
  return (random.chance(0.5) ? sides : sides.toReversed()).map(([table, found]) => {
    const changed = random.pick(others(table));
    const where = ` WHERE ${quoted(found.name)} = ${value}`;
    const sql = random.chance(0.2)
      ? `DELETE FROM ${quoted(table.name)}${where}`
      : `UPDATE OR IGNORE ${quoted(table.name)} SET ${quoted(changed.name)} = ${valueFor(random, changed).sql}${where}`;
    return { type: 'run', how: 'execute', sql };
  });
}

/** Rows to begin with; those that the schema refuses stay out. */
export function fill(random: Random, catalog: Catalog, table: Table): string {
  const draft = { g: new Grammar(random, catalog, 'none'), random, table, sample: nothingKnown };
  const columns = writable(table);
  return `INSERT OR IGNORE INTO ${quoted(table.name)} (${columns.map((c) => quoted(c.name)).join(', ')}) VALUES ${valuesFor(draft, columns)}`;
}

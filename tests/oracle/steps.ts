import { makeSchemaChange, type SchemaChange } from './ddl.ts';
import type { Catalog, Hints } from './grammar.ts';
import { quoted } from './names.ts';
import type { Action, Actor, Mode, Step } from './program.ts';
import type { Random } from './random.ts';
import { makeStatement, pairedChange, type Sampler } from './statements.ts';

/** What the generator knows when it makes a step. */
export interface Situation {
  readonly random: Random;
  readonly catalog: Catalog;
  readonly queries: number;
  readonly actors: readonly Actor[];
  readonly sample: Sampler;
  /** One value of the rows that a SELECT gives, as a literal. */
  readonly ask: Asker;
  /** Of the queries that are live. */
  readonly hints: readonly Hints[];
}

export type Asker = (sql: string) => string | null;

/** A step, and the schema change in it, if any: the caller tries it out before it believes in it. */
export interface PlannedStep {
  readonly step: Step;
  readonly change: SchemaChange | null;
}

const sql = (text: string, how: 'execute' | 'exec' | 'commit' | 'rollback' = 'execute'): Action => ({
  type: 'run',
  how,
  sql: text,
});

const openOrClose = ({ random, queries }: Situation): Action => ({
  type: random.pick(['open', 'close']),
  query: random.between(0, queries - 1),
});

/** What happens inside a transaction: changes, savepoints in both styles, live queries that come and go. */
function body(s: Situation, depth: number): Action[] {
  const { random, catalog, sample } = s;
  const parts = random.times(random.between(1, 3), () =>
    random.weighted<() => Action[]>([
      [8, () => [makeStatement(random, catalog, sample)]],
      [3, () => pairedChange(random, catalog, sample)],
      [
        depth > 0 ? 2 : 0,
        () => [{ type: 'transaction', body: body(s, depth - 1), throws: random.chance(0.5) }],
      ],
      [depth > 0 ? 2 : 0, () => savepoint(s, depth)],
      [0.7, () => [openOrClose(s)]],
      [0.2, () => [sql('PRAGMA defer_foreign_keys = 1')]],
    ])(),
  );
  return parts.flat();
}

function savepoint(s: Situation, depth: number): Action[] {
  const name = `s${depth}`;
  const undo = s.random.chance(0.6) ? [sql(`ROLLBACK TO ${name}`)] : [];
  const more = undo.length > 0 && s.random.chance(0.3) ? body(s, 0) : [];
  const release = undo.length > 0 && s.random.chance(0.3) ? [] : [sql(`RELEASE ${name}`)];
  return [sql(`SAVEPOINT ${name}`), ...body(s, depth - 1), ...undo, ...more, ...release];
}

/** A transaction in SQL: BEGIN or a bare SAVEPOINT, ended by SQL, by db.commit(), or not at all. */
function inSql(s: Situation, inner: readonly Action[] = body(s, 1)): Action {
  const { random } = s;
  if (random.chance(0.15))
    return { type: 'group', body: [sql('SAVEPOINT "top"'), ...inner, sql('RELEASE "top"')] };
  const start = sql(random.pick(['BEGIN', 'begin immediate', 'BEGIN TRANSACTION']));
  const end = random.weighted([
    [6, sql('COMMIT')],
    [1, sql('END TRANSACTION')],
    [1, sql('commit', 'commit')],
    [2, sql('ROLLBACK')],
    [1, sql('rollback', 'rollback')],
  ]);
  return { type: 'group', body: [start, ...inner, end] };
}

/** `exec('a; b; c')`: what went before a failing statement stays. */
function script({ random, catalog, sample }: Situation): Action {
  const statements: string[] = [];
  while (statements.length < 3) {
    const made = makeStatement(random, catalog, sample);
    if (made.type === 'run' && made.how === 'exec') statements.push(made.sql);
  }
  const text = statements.join('; ');
  return sql(random.chance(0.3) ? `BEGIN; ${text}; COMMIT` : `${text};`, 'exec');
}

function dataAction(s: Situation): Action {
  const { random, catalog, sample } = s;
  const mode = (): Mode => random.pick(['deferred', 'immediate', 'exclusive']);
  return random.weighted<() => Action>([
    [28, () => makeStatement(random, catalog, sample)],
    [4, () => ({ type: 'group', body: pairedChange(random, catalog, sample) })],
    [5, () => ({ type: 'transaction', body: pairedChange(random, catalog, sample), throws: false })],
    [
      14,
      () => ({
        type: 'begin',
        mode: mode(),
        body: body(s, 2),
        end: random.chance(0.75) ? 'commit' : 'rollback',
      }),
    ],
    [12, () => ({ type: 'transaction', body: body(s, 2), throws: random.chance(0.2) })],
    [10, () => inSql(s)],
    [3, () => script(s)],
    [3, () => openOrClose(s)],
    [2, () => ({ type: 'group', body: [...answering(s), makeStatement(random, catalog, sample)] })],
    [
      2,
      () => ({ type: 'reading', sql: reading(s), body: [makeStatement(random, catalog, sample), inSql(s)] }),
    ],
  ])();
}

/** A commit listener that writes in turn: its commit comes next. */
function answering({ random, catalog, sample }: Situation): Action[] {
  const then = makeStatement(random, catalog, sample);
  return then.type === 'run' && !/RETURNING/.test(then.sql) ? [{ type: 'listener', then }] : [];
}

const reading = ({ random, catalog }: Situation): string =>
  `SELECT * FROM ${quoted(random.pick(catalog.tables).name)}`;

/** DDL alone or inside a transaction with data changes around it, kept or undone. */
function schemaAction(s: Situation, change: SchemaChange): Action {
  const run = sql(change.sql, change.sql.includes(';') ? 'exec' : s.random.pick(['execute', 'exec']));
  if (s.random.chance(0.75)) return run;
  return inSql(s, [...body(s, 0), run, ...body(s, 0)]);
}

/** Another program knows neither Freshet's calls nor its live queries. */
function onlySql(action: Action): Action | null {
  if (action.type === 'run')
    return { ...action, how: action.how === 'query' ? 'query' : action.how === 'exec' ? 'exec' : 'execute' };
  if (action.type !== 'group') return null;
  return { ...action, body: action.body.map(onlySql).filter((part) => part !== null) };
}

export function makeStep(s: Situation): PlannedStep {
  const { random } = s;
  const by = random.pick(s.actors);
  const change = random.chance(0.09) ? makeSchemaChange(random, s.catalog) : null;
  let action = change ? schemaAction(s, change) : dataAction(s);
  if (by === 'program') {
    const own = onlySql(action);
    // Its transactions come as SQL; a call of Freshet's is replaced by one.
    action = own ?? (onlySql(inSql(s)) as Action);
    return { step: { by, action, schema: change !== null }, change: own ? change : null };
  }
  return { step: { by, action, schema: change !== null }, change };
}

/** Keeps tables small, so that rows keep meeting and a comparison stays cheap. */
export function thinOut(catalog: Catalog, name: string, rows = 6): Step {
  const table = catalog.tables.find((t) => t.name === name);
  const key = table?.rowid ?? (table?.key[0] === undefined ? null : quoted(table.key[0]));
  const kept = ` WHERE ${key} NOT IN (SELECT ${key} FROM ${quoted(name)} ORDER BY 1 LIMIT ${rows})`;
  return {
    by: 'first',
    action: sql(`DELETE FROM ${quoted(name)}${key === null ? '' : kept}`),
    schema: false,
  };
}

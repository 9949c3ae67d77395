import { Grammar, type Hints, type Place, type SmallSet } from './grammar.ts';
import { quoted } from './names.ts';
import type { Statement } from './program.ts';
import type { Random } from './random.ts';
import { type Column, type Table, valueFor } from './schema.ts';
import type { Situation } from './steps.ts';

/** Statements of one commit each, to be run one after the other. */
export type Commits = readonly (readonly Statement[])[];

type Draft = Pick<Situation, 'random' | 'catalog' | 'sample' | 'ask' | 'hints'>;

type Values = Readonly<Record<string, string>>;

const writable = (table: Table): readonly Column[] => table.columns.filter((c) => !c.generated);
const isKey = (table: Table, c: Column): boolean => table.key.includes(c.name);
const payload = (table: Table): readonly Column[] => writable(table).filter((c) => !isKey(table, c));

const literal = (random: Random, c: Column): string => valueFor(random, c).sql;

/** The same text, or with its value as a parameter: a bound integer must mean what the literal means. */
function statement(d: Draft, make: (value: (c: Column) => string) => string): Statement {
  const g = new Grammar(d.random, d.catalog, d.random.pick(['none', 'none', 'anonymous', 'named'] as const));
  const rendered = g.render(make((c) => g.constant(valueFor(d.random, c))));
  return { type: 'run', how: d.random.chance(0.1) ? 'prepare' : 'execute', ...rendered };
}

const run = (sql: string): Statement => ({ type: 'run', how: 'execute', sql });

/** WHERE for one row that is there; of a table with a key of several columns, perhaps for some. */
function oneRow({ sample }: Draft, table: Table): string {
  const [name, column] = table.rowid ? [table.rowid, null] : [table.key[0] as string, table.key[0] as string];
  const value = sample(table.name, name) ?? '1';
  return `WHERE ${column === null ? name : quoted(column)} = ${value}`;
}

/** An INSERT of one row, some of its columns given. An INTEGER PRIMARY KEY may be left to SQLite: it reuses rowids. */
function insertRow(d: Draft, table: Table, given: Values = {}, verb = 'INSERT OR IGNORE'): Statement {
  const automatic = /^(INTEGER PRIMARY KEY|AUTOINCREMENT)/.test(table.keyKind) && d.random.chance(0.25);
  const columns = writable(table).filter(
    (c) => Object.hasOwn(given, c.name) || !(automatic && isKey(table, c)),
  );
  const names = columns.map((c) => quoted(c.name)).join(', ');
  return statement(d, (value) => {
    const values = columns.map((c) => given[c.name] ?? value(c)).join(', ');
    return `${verb} INTO ${quoted(table.name)} (${names}) VALUES (${values})`;
  });
}

const several = (d: Draft, table: Table, most: number): Statement[] =>
  d.random.times(d.random.between(1, most), () => insertRow(d, table));

const setOne = (d: Draft, table: Table, c: Column, where: string): Statement =>
  statement(
    d,
    (value) => `UPDATE OR IGNORE ${quoted(table.name)} SET ${quoted(c.name)} = ${value(c)} ${where}`,
  );

const linkable = (table: Table): readonly Column[] =>
  writable(table).filter((c) => c.flavour === 'key' || c.flavour === 'small');

type Spot = readonly [Table, Column];

function spotAt({ catalog }: Draft, place: Place): Spot | null {
  const table = catalog.tables.find((t) => t.name === place.table);
  const c = table?.columns.find((other) => other.name === place.column);
  return table && c && !c.generated ? [table, c] : null;
}

/** A column whose values decide about rows of a live query, or else any but the key. */
function sensitive(d: Draft, of?: Table, hints = d.hints): Spot {
  const { random } = d;
  const hinted = hints.flatMap(({ places }) => places).map((place) => spotAt(d, place));
  const spots = hinted.filter((spot) => spot !== null && (!of || spot[0] === of) && !isKey(spot[0], spot[1]));
  if (spots.length > 0 && random.chance(0.8)) return random.pick(spots) as Spot;
  const table = of ?? random.pick(d.catalog.tables);
  return [table, random.pick(payload(table))];
}

/** Two columns by which a live query joins, or may join, two tables or one with itself; and the query's hints. */
interface Link {
  readonly sides: readonly [Spot, Spot];
  readonly hints: readonly Hints[];
}

function link(d: Draft): Link {
  const { random, catalog } = d;
  const joining = d.hints.filter(({ links }) => links.length > 0);
  if (joining.length > 0 && random.chance(0.85)) {
    // The query first: one of many joins must not crowd out the others.
    const hint = random.pick(joining);
    const [a, b] = random.pick(hint.links);
    const [one, two] = [spotAt(d, a), spotAt(d, b)];
    if (one && two) return { sides: [one, two], hints: [hint] };
  }
  const spot = (): Spot => {
    const table = random.pick(catalog.tables);
    const columns = linkable(table);
    const keys = columns.filter((c) => c.flavour === 'key');
    return [table, random.pick(keys.length > 0 && random.chance(0.75) ? keys : columns)];
  };
  return { sides: [spot(), spot()], hints: d.hints };
}

/** A value that rows on both sides hold, or on one at least. */
function sharedValue(d: Draft, [[one, a], [two, b]]: Link['sides']): string {
  const [left, right] = [quoted(a.name), quoted(b.name)];
  const both = `SELECT quote(x.${left}) AS v FROM ${quoted(one.name)} x JOIN ${quoted(two.name)} y ON x.${left} = y.${right}`;
  return d.ask(both) ?? d.sample(one.name, a.name) ?? literal(d.random, a);
}

/** One change of the rows that hold the value in the column, or of who holds it. */
function changeOf(d: Draft, [table, c]: Spot, value: string, hints: readonly Hints[]): Statement {
  const name = quoted(table.name);
  const where = `WHERE ${quoted(c.name)} IS ${value}`;
  return d.random.weighted<() => Statement>([
    [10, () => setOne(d, ...sensitive(d, table, hints), where)],
    [2, () => run(`DELETE FROM ${name} ${where}`)],
    [1.5, () => insertRow(d, table, { [c.name]: value })],
    [1.5, () => setOne(d, table, c, where)],
    [1, () => run(`UPDATE OR IGNORE ${name} SET ${quoted(c.name)} = ${value} ${oneRow(d, table)}`)],
  ])();
}

/** Rules 1, 2 and 4 of section 11: two or three rows of one joined tuple change in one commit. */
function bothSides(d: Draft): Commits {
  const { sides, hints } = link(d);
  const value = sharedValue(d, sides);
  const changes = sides.map((side) => changeOf(d, side, value, hints));
  if (d.random.chance(0.3)) {
    const third = link({ ...d, hints });
    changes.push(changeOf(d, third.sides[0], sharedValue(d, third.sides), hints));
  }
  return [d.random.chance(0.5) ? changes : changes.toReversed()];
}

/** Rows move between groups and partitions, and perhaps back with the next commit. */
function move(d: Draft): Commits {
  const [table, c] = sensitive(d);
  const where = oneRow(d, table);
  const change = setOne(d, table, c, where);
  if (d.random.chance(0.3))
    return [[change, setOne(d, table, d.random.pick(payload(table)), oneRow(d, table))]];
  const old = d.sample(table.name, c.name) ?? 'NULL';
  const back = run(`UPDATE OR IGNORE ${quoted(table.name)} SET ${quoted(c.name)} = ${old} ${where}`);
  return d.random.chance(0.5) ? [[change]] : [[change], [back]];
}

/** Rule 19: the same row under another key, two rows that swap keys, another row under the same key. */
function rekey(d: Draft): Commits {
  const { random, sample } = d;
  const table = random.pick(d.catalog.tables);
  const c = random.pick(writable(table).filter((other) => other.flavour === 'key'));
  const [name, key] = [quoted(table.name), quoted(c.name)];
  const [a, b] = [sample(table.name, c.name) ?? '1', sample(table.name, c.name) ?? '2'];
  const update = (to: string, from: string) =>
    run(`UPDATE ${name} SET ${key} = ${to} WHERE ${key} = ${from}`);
  const numeric = c.affinity === 'integer';
  return random.weighted<() => Commits>([
    [3, () => [[update(literal(random, c), a)]]],
    [3, () => [[update('-77', a), update(a, b), update(b, '-77')]]],
    [
      3,
      () => [
        random.chance(0.6)
          ? [run(`DELETE FROM ${name} WHERE ${key} = ${a}`), insertRow(d, table, { [c.name]: a })]
          : [
              run(`DELETE FROM ${name} WHERE ${key} = ${a}`),
              run(`DELETE FROM ${name} WHERE ${key} = ${b}`),
              insertRow(d, table, { [c.name]: b }),
              insertRow(d, table, { [c.name]: a }),
            ],
      ],
    ],
    [
      numeric ? 1 : 0,
      () => [
        [run(`UPDATE ${name} SET ${key} = ${key} + 100`)],
        [run(`UPDATE ${name} SET ${key} = ${key} - 100`)],
      ],
    ],
    [
      table.rowid ? 2 : 0,
      () => {
        const last = `WHERE ${table.rowid} = (SELECT max(${table.rowid}) FROM ${name})`;
        return [[run(`DELETE FROM ${name} ${last}`), insertRow(d, table), insertRow(d, table)]];
      },
    ],
    [
      table.rowid ? 1 : 0,
      () => [
        [run(`UPDATE OR IGNORE ${name} SET ${table.rowid} = ${random.between(1, 70)} ${oneRow(d, table)}`)],
      ],
    ],
    [1, () => [[run(`UPDATE OR REPLACE ${name} SET ${key} = ${b} WHERE ${key} = ${a}`)]]],
  ])();
}

/** Rule 16: a fact comes first and waits; its dimension comes, goes and returns. */
function dimensionLater(d: Draft): Commits {
  const { random } = d;
  const [[fact, a], [dimension, b]] = link(d).sides;
  const value = literal(random, random.chance(0.5) ? a : b);
  const gone = run(`DELETE FROM ${quoted(dimension.name)} WHERE ${quoted(b.name)} = ${value}`);
  const facts = insertRow(d, fact, { [a.name]: value });
  const come = insertRow(d, dimension, { [b.name]: value });
  return random.pick([
    [[gone], [facts], [come]],
    [[gone, facts], [come]],
    [[gone], [come]],
    [[gone, facts, come]],
  ]);
}

/** Rule 7: a column holds one NULL, then none, then one again; or has no row at all. */
function onlyNull(d: Draft): Commits {
  const { random } = d;
  const [table, c] = sensitive(d);
  const [name, column] = [quoted(table.name), quoted(c.name)];
  const none = random.chance(0.5)
    ? run(`DELETE FROM ${name} WHERE ${column} IS NULL`)
    : run(`UPDATE OR IGNORE ${name} SET ${column} = ${literal(random, c)} WHERE ${column} IS NULL`);
  const one = random.chance(0.5)
    ? run(`UPDATE OR IGNORE ${name} SET ${column} = NULL ${oneRow(d, table)}`)
    : insertRow(d, table, { [c.name]: 'NULL' });
  return random.pick([[[none], [one]], [[none], [one], [none]], [[none, one]], [[one]]]);
}

/** Rule 7 again: the members of a small set go and come, the last of them, the first one, one that is NULL. */
function smallSets(d: Draft): Commits {
  const { sets } = d.random.pick(d.hints.filter((hint) => hint.sets.length > 0));
  const [first, second] = d.random.some(sets, 1, 2) as [SmallSet, SmallSet?];
  const commits = smallSet(d, first);
  if (!second) return commits;
  // Those that one query looks at change together.
  const others = smallSet(d, second);
  return commits.map((commit, at) => [...commit, ...(others[at] ?? [])]);
}

function smallSet(d: Draft, set: SmallSet): Commits {
  const { random } = d;
  const [member, by] = [spotAt(d, set.member), spotAt(d, set.by)];
  if (!member || !by) return onlyNull(d);
  const [table, c] = member;
  const [name, chooser] = [quoted(table.name), quoted(by[1].name)];
  const where = `WHERE ${chooser} IS ${set.value}`;
  const gone = random.chance(0.5) ? run(`DELETE FROM ${name} ${where}`) : setOne(d, table, by[1], where);
  const come = (): Statement =>
    insertRow(d, table, { [by[1].name]: set.value, ...(random.chance(0.4) ? { [c.name]: 'NULL' } : {}) });
  const other = (): Statement =>
    run(
      `UPDATE OR IGNORE ${name} SET ${quoted(c.name)} = ${random.chance(0.5) ? 'NULL' : literal(random, c)} ${where}`,
    );
  const reach = table.rowid ?? quoted(table.key[0] as string);
  const one = (): Statement =>
    run(`DELETE FROM ${name} WHERE ${reach} = (SELECT ${reach} FROM ${name} ${where} LIMIT 1)`);
  return random.pick([
    [[come()], [one()]],
    [[come(), come()], [one()], [one()]],
    [[gone], [come()]],
    [[gone], [come()], [other()]],
    [[gone], [come(), come()], [gone]],
    [[other()], [gone]],
    [[gone, come()]],
  ]);
}

/** Rule 18: a group is emptied and refilled, in one commit or in two. */
function emptyGroup(d: Draft): Commits {
  const { random } = d;
  const [table, c] = sensitive(d);
  const value = d.sample(table.name, c.name) ?? 'NULL';
  const gone = run(`DELETE FROM ${quoted(table.name)} WHERE ${quoted(c.name)} IS ${value}`);
  const back = random.times(random.between(1, 3), () => insertRow(d, table, { [c.name]: value }));
  return random.chance(0.5) ? [[gone, ...back]] : [[gone], back];
}

/** Every row of a table at once, and tables without rows. */
function bulk(d: Draft): Commits {
  const { random } = d;
  const table = random.pick(d.catalog.tables);
  const name = quoted(table.name);
  const c = random.pick(payload(table));
  const refill = random.times(random.between(1, 3), () => several(d, table, 6));
  return random.weighted<() => Commits>([
    [2, () => [[run(`UPDATE OR IGNORE ${name} SET ${quoted(c.name)} = ${literal(random, c)}`)]]],
    [2, () => [[run(`UPDATE OR IGNORE ${name} SET "g" = "g" + 1`)]]],
    [1, () => [[run(`UPDATE ${name} SET ${quoted(c.name)} = ${quoted(c.name)}`)]]],
    [1, () => [[run(`DELETE FROM ${name}`)], ...refill]],
    [1, () => [[run(`DELETE FROM ${name}`), ...refill.flat()]]],
    [2, () => refill],
  ])();
}

/** Rule 15: rows at the head of an order go one commit after the other, until a window refills twice. */
function drain(d: Draft): Commits {
  const { random } = d;
  const [table, c] = sensitive(d);
  const reach = table.rowid ?? quoted(table.key[0] as string);
  const by = `${quoted(c.name)} ${random.pick(['', 'DESC'])}`;
  const head = (): Statement =>
    run(
      `DELETE FROM ${quoted(table.name)} WHERE ${reach} IN (SELECT ${reach} FROM ${quoted(table.name)} ORDER BY ${by}, ${reach} LIMIT ${random.between(1, 3)})`,
    );
  return [[head()], [head()], [head(), insertRow(d, table)]];
}

/**
 * Rule 15 again: rows come or go, in commits so small that none of them reads an answer anew, till more have come or
 * gone than a window keeps in reserve.
 */
function flood(d: Draft, table: Table): Commits {
  const { random } = d;
  const [, c] = sensitive(d, table);
  const name = quoted(table.name);
  const reach = table.rowid ?? quoted(table.key[0] as string);
  const direction = random.pick(['', 'DESC']);
  const order = `ORDER BY ${quoted(c.name)} ${direction}, ${reach} ${direction}`;
  const columns = writable(table);
  const ebb = (): Statement[] => [
    run(
      `DELETE FROM ${name} WHERE ${reach} IN (SELECT ${reach} FROM ${name} ${order} LIMIT ${random.between(8, 14)})`,
    ),
  ];
  const surge = (): Statement[] => {
    const rows = random.times(random.between(8, 14), () => {
      return `(${columns.map((one) => literal(random, one)).join(', ')})`;
    });
    return [
      run(
        `INSERT OR IGNORE INTO ${name} (${columns.map((one) => quoted(one.name)).join(', ')}) VALUES ${rows.join(', ')}`,
      ),
    ];
  };
  const several = (make: () => Statement[], least = 3) => random.times(random.between(least, 8), make);
  return random.weighted<() => Commits>([
    [1, () => several(ebb)],
    [1, () => several(surge)],
    [2, () => [...several(surge, 6), ...several(ebb, 6)]],
  ])();
}

/** REPLACE and UPSERT over a key that is taken. */
function conflict(d: Draft): Commits {
  const { random } = d;
  const table = random.pick(d.catalog.tables);
  const c = random.pick(writable(table).filter((other) => other.flavour === 'key'));
  const taken = { [c.name]: d.sample(table.name, c.name) ?? literal(random, c) };
  const changed = random.pick(payload(table));
  return random.weighted<() => Commits>([
    [2, () => [[insertRow(d, table, taken, 'REPLACE')]]],
    [1, () => [[insertRow(d, table, taken, 'INSERT OR REPLACE'), insertRow(d, table, taken, 'REPLACE')]]],
    [
      2,
      () => {
        const insert = insertRow(d, table, taken, 'INSERT');
        const set = `${quoted(changed.name)} = ${random.pick([`excluded.${quoted(changed.name)}`, literal(random, changed)])}`;
        return [[{ ...insert, sql: `${insert.sql} ON CONFLICT DO UPDATE SET ${set}` }]];
      },
    ],
  ])();
}

/** What a commit changes and changes back leaves nothing to tell. */
function nothingNet(d: Draft): Commits {
  const { random, sample } = d;
  const table = random.pick(d.catalog.tables);
  const c = random.pick(payload(table));
  const [name, column] = [quoted(table.name), quoted(c.name)];
  const reach = table.rowid ?? quoted(table.key[0] as string);
  const row = sample(table.name, table.rowid ?? (table.key[0] as string)) ?? '1';
  const where = `WHERE ${reach} = ${row}`;
  return random.pick([
    [[insertRow(d, table), run(`DELETE FROM ${name} WHERE ${reach} = (SELECT max(${reach}) FROM ${name})`)]],
    [[run(`UPDATE ${name} SET ${column} = ${column} ${where}`)]],
    [[setOne(d, table, c, where), setOne(d, table, c, where), run(`DELETE FROM ${name} ${where}`)]],
  ]);
}

/** One favourite change of section 11, as one commit or as several that follow each other. */
export function tameChange(d: Draft): Commits {
  const tall = d.catalog.tables.find((table) => table.tall);
  return d.random.weighted<() => Commits>([
    [tall ? 12 : 0, () => flood(d, tall as Table)],
    [16, () => bothSides(d)],
    [6, () => move(d)],
    [5, () => rekey(d)],
    [4, () => dimensionLater(d)],
    [4, () => onlyNull(d)],
    [d.hints.some(({ sets }) => sets.length > 0) ? 4 : 0, () => smallSets(d)],
    [4, () => emptyGroup(d)],
    [2, () => bulk(d)],
    [3, () => drain(d)],
    [3, () => conflict(d)],
    [1, () => nothingNet(d)],
    [5, () => [several(d, d.random.pick(d.catalog.tables), 3)]],
  ])();
}

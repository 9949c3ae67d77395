import type { Catalog, Grammar, Operand } from '../grammar.ts';
import type { Body } from '../queries.ts';
import type { Random } from '../random.ts';
import type { Relation } from '../relations.ts';
import type { Column, Table } from '../schema.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';

/**
 * Something that a case may contain beside what every case is made of: tables of its own, objects on them, queries
 * that are about it, changes that hurt there. Its tables are ordinary ones to all other generators, so it meets
 * everything else.
 */
export interface Ingredient {
  readonly name: string;
  /** It finds what isn't right yet, so that only `--only` asks for it. */
  readonly isPending?: boolean;
  /** It is a subject of its own, and never mixed into other cases. */
  readonly isApart?: boolean;
  /** Two handles of one file and another program; or another file that they have attached as well. */
  readonly needs?: 'file' | 'attached file';
  tables?(random: Random, known: readonly Table[], tame: boolean): readonly Table[];
  /** Indexes, views and triggers, made when the tables have their first rows. */
  objects?(random: Random, catalog: Catalog): readonly string[];
  /** A SELECT that may stand in FROM anywhere, and become a view. */
  relation?(g: Grammar): Relation;
  query?(g: Grammar): Body;
  steps?(s: Situation): readonly PlannedStep[];
}

/** Those tables of the catalog that an ingredient made, by their names' beginning. */
export const tablesNamed = (catalog: Catalog, prefix: string): readonly Table[] =>
  catalog.tables.filter(({ name }) => name.startsWith(prefix));

/** A table that an ingredient describes. */
export function plainTable(
  name: string,
  columns: readonly Column[],
  more: Partial<Table> & Pick<Table, 'key' | 'keyKind'>,
): Table {
  const rowid = more.options?.includes('WITHOUT ROWID') ? null : 'rowid';
  return { name, columns, rowid, options: '', isSpecial: true, ...more };
}

/** A step of one statement. */
export const statementStep = (
  sql: string,
  how: 'execute' | 'exec' = 'execute',
  more: Partial<PlannedStep['step']> = {},
): PlannedStep => ({
  step: { by: 'first', action: { type: 'run', how, sql }, schema: false, ...more },
  change: null,
});

export const numbers = (...list: readonly number[]): Constant[] =>
  list.map((value) => ({ sql: String(value), value }));

export const texts = (...list: readonly string[]): Constant[] =>
  list.map((text) => ({ sql: `'${text}'`, value: text }));

/** An expression that is shown, and in nothing else. */
export const shownOnly = (sql: string): Omit<Operand, 'name'> => ({
  sql,
  tag: 'exact',
  clean: false,
  affinity: 'blob',
  collation: 'BINARY',
  flavour: 'any',
});

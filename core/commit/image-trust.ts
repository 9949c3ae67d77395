import { parseStmt } from 'sqlite3-parser';
import type { Catalog, TableInfo } from '../catalog.ts';
import { affinityOf, isNumericAffinity } from '../sql/affinity.ts';
import { foldName } from '../sql/identifier.ts';

/**
 * A table's row images can't be trusted to AFTER triggers of ours: something may write the same row, or its
 * image, before they run. That is
 * - the user's TEMP triggers, which may also stop the program before ours;
 * - a BEFORE trigger that comes back to this table, by what it writes itself or sets off;
 * - foreign-key actions, which SQLite carries out before AFTER triggers, where they come back to this table by
 *   an ON UPDATE action or through a trigger;
 * - the look for a parent's children, which converts the parent's key in place (`convertsKeys`).
 */
export function hasUntrustworthyImages(catalog: Catalog, name: string): boolean {
  const triggers = catalog.triggers(name);
  if (triggers.some(({ temporary }) => temporary)) return true;
  const before = triggers.filter(({ sql }) => !isAfter(sql));
  if (updatedBy(catalog, name).has(foldName(name))) return true;
  return comesBack(catalog, name, before) || convertsKeys(catalog, name);
}

/** The tables that ON UPDATE actions may write when a table's keys change, step by step. */
function updatedBy(catalog: Catalog, name: string): Set<string> {
  const reached = new Set<string>();
  const open = [name];
  for (let table = open.pop(); table !== undefined; table = open.pop()) {
    for (const { parent, child, actsOnUpdate } of catalog.foreignKeys()) {
      if (!actsOnUpdate || foldName(parent) !== foldName(table) || reached.has(foldName(child))) continue;
      reached.add(foldName(child));
      open.push(child);
    }
  }
  return reached;
}

/**
 * Whether a trigger may write to a table while one of its rows is being written: one of `first`, one that these
 * set off, or one that foreign-key actions set off.
 */
function comesBack(catalog: Catalog, name: string, first: readonly { readonly sql: string }[]): boolean {
  const own = foldName(name);
  /** Written by a trigger, and reached by foreign-key actions alone. */
  const written = new Set<string>();
  const acted = new Set<string>();
  const open: { readonly table: string; readonly isWritten: boolean }[] = [];
  const reach = (table: string, isWritten: boolean): void => {
    const known = isWritten ? written : acted;
    if (known.has(foldName(table))) return;
    known.add(foldName(table));
    open.push({ table, isWritten });
  };
  const follow = (table: string, isWritten: boolean): void => {
    for (const { parent, child, actsOnUpdate, actsOnDelete } of catalog.foreignKeys())
      if ((actsOnUpdate || actsOnDelete) && foldName(parent) === foldName(table)) reach(child, isWritten);
  };
  const runTriggers = (triggers: readonly { readonly sql: string }[]): boolean => {
    for (const { sql } of triggers) {
      const targets = targetsOf(sql);
      if (targets === null) return false;
      for (const target of targets) reach(target, true);
    }
    return true;
  };
  follow(name, false);
  if (!runTriggers(first)) return true;
  for (let next = open.pop(); next && !written.has(own); next = open.pop()) {
    follow(next.table, next.isWritten);
    if (!runTriggers(catalog.triggers(next.table))) return true;
  }
  return written.has(own);
}

/**
 * When a parent's row goes or gets another key, SQLite looks for its children by the child's index and, where
 * the child's column is numeric and the parent's is not, makes a number of the very value that triggers see as
 * OLD or NEW: of the text '1' the integer 1.
 */
function convertsKeys(catalog: Catalog, name: string): boolean {
  const info = catalog.table(name);
  return catalog.foreignKeys().some(({ parent, child, column, parentColumn }) => {
    if (!info || foldName(parent) !== foldName(name) || parentColumn === undefined) return false;
    const children = catalog.table(child);
    if (!children || isNumeric(info, parentColumn) || !isNumeric(children, column)) return false;
    return catalog.isIndexed(children, column);
  });
}

function isNumeric({ columns, strict }: TableInfo, column: string): boolean {
  const { declaredType = '' } = columns.find(({ name }) => foldName(name) === foldName(column)) ?? {};
  return isNumericAffinity(affinityOf(declaredType)) && !(strict && /^any$/i.test(declaredType));
}

/** What a trigger writes to; null where that can't be told. */
function targetsOf(trigger: string): string[] | null {
  const parsed = parseStmt(trigger);
  if (parsed.status === 'error' || parsed.root.type !== 'CreateTriggerStmt') return null;
  return parsed.root.commands.flatMap((command) =>
    command.type === 'SelectTriggerCmd' ? [] : [command.tblName.objName.text],
  );
}

function isAfter(trigger: string): boolean {
  const parsed = parseStmt(trigger);
  return parsed.status === 'ok' && parsed.root.type === 'CreateTriggerStmt' && parsed.root.time === 'After';
}

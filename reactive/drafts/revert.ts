import type { Written } from '../../core/commit/written.ts';
import { notRecorded } from './draft-error.ts';
import { differing, type Image, identityOf } from './row-image.ts';
import { deleteRow, insertRow, updateRow } from './row-statements.ts';
import type { Request, Steps } from './steps.ts';
import { type Conflict, UndoConflictError } from './undo-conflict.ts';
import { keyColumns, type NetRow, netRows, type RowStep, stepsOf } from './undo-entry.ts';
import { type Target, targetsOf } from './undo-targets.ts';

/** What to do about cells that others have changed since: give up, or leave them as they are. */
export type OnConflict = 'refuse' | 'merge';

export interface Reverted {
  /** What was written, so that it can be taken back in its turn. */
  readonly steps: readonly RowStep[];
  readonly conflicts: readonly Conflict[];
}

/** Triggers may answer a correction with another change; one that always does has its way. */
const maxRounds = 4;

/**
 * Takes the steps back, in a transaction that is open.
 *
 * Guarantees: rows that the steps changed are as before them, values and types, and no other row is changed, whatever
 * triggers and foreign-key actions do in between; what others changed since is kept, or nothing is written. Doesn't
 * guarantee anything against a trigger that sets a column at every write. The hard part is order: unique values may
 * have been exchanged, so what touches keys is taken back step by step, from the last.
 */
export function* revert(steps: readonly RowStep[], onConflict: OnConflict): Steps<Reverted> {
  const net = netRows(steps);
  const { targets, conflicts } = yield* targetsOf([...net.values()]);
  if (conflicts.length > 0 && onConflict === 'refuse') throw new UndoConflictError(conflicts);
  const requests = [...replayed(steps, targets), ...settled(targets)];
  if (requests.length === 0) return { steps: [], conflicts };
  // Till the commit: a row may come back before the one that it refers to.
  yield [{ kind: 'write', sql: 'PRAGMA defer_foreign_keys = ON', params: [] }, ...requests];
  for (let round = 0; ; round++) {
    const written = stepsOf(yield* writtenNow());
    const fixes = corrections(netRows(written), net, targets);
    if (fixes.length === 0 || round === maxRounds) return { steps: written, conflicts };
    yield fixes;
  }
}

/** What the open transaction has written. @throws OperationalError (`UNDO`) where that isn't known. */
export function* writtenNow(): Steps<Written> {
  const [answer] = yield [{ kind: 'written' }];
  return complete(answer?.written);
}

export function complete(written: Written | undefined): Written {
  if (!written?.isComplete || written.unrecorded.length > 0) throw notRecorded(written?.unrecorded ?? []);
  return written;
}

type Targets = ReadonlyMap<string, Target>;

/** From the last step to the first: rows come and go, and unique values change, in an order that was possible. */
function replayed(steps: readonly RowStep[], targets: Targets): Request[] {
  const requests: Request[] = [];
  const done = new Set<string>();
  for (const step of steps.toReversed()) {
    const { table, before, after } = step;
    const target = targetOf(step, targets);
    if (!target) continue;
    const { id } = target.row.identity;
    if (target.row.chain.size > 1) {
      requests.push(taken(step));
    } else if (before === null || after === null) {
      // A row that was there before and after is edited, which keeps what others changed in it.
      const isOnlyIn = before === null ? target.goal === null : target.current === null;
      if (isOnlyIn && !done.has(id)) requests.push(taken(step));
      if (isOnlyIn) done.add(id);
    } else if (target.goal !== null || !done.has(id)) {
      const columns = keyColumns(step).filter((column) => target.columns.includes(column));
      if (columns.length > 0) requests.push(updateRow(table, after, before, columns));
    }
  }
  return requests;
}

function targetOf({ table, before, after }: RowStep, targets: Targets): Target | undefined {
  for (const image of [after, before]) {
    const target = image && targets.get(identityOf(table, image).id);
    if (target) return target;
  }
  return undefined;
}

function taken({ table, before, after }: RowStep): Request {
  if (after === null) return insertRow(table, before as Image);
  if (before === null) return deleteRow(table, after);
  return updateRow(table, after, before, differing(table, before, after));
}

/** The columns whose order doesn't matter, once for each row. */
function settled(targets: Targets): Request[] {
  return [...targets.values()].flatMap(({ row, goal, columns }) =>
    goal === null || columns.length === 0 || row.chain.size > 1
      ? []
      : [updateRow(row.table, goal, goal, columns)],
  );
}

/** What triggers and foreign-key actions have made of it: rows that aren't as they shall be, and rows of others. */
function corrections(
  written: ReadonlyMap<string, NetRow>,
  net: ReadonlyMap<string, NetRow>,
  targets: Targets,
): Request[] {
  const requests: Request[] = [];
  const correct = (row: NetRow, is: Image | null, goal: Image | null, free: readonly string[]): void => {
    const { table } = row;
    if (goal === null) {
      if (is !== null) requests.push(deleteRow(table, is));
    } else if (is === null) {
      requests.push(insertRow(table, goal));
    } else {
      const columns = differing(table, is, goal).filter((column) => !free.includes(column));
      if (columns.length > 0) requests.push(updateRow(table, is, goal, columns));
    }
  };
  for (const [id, { row, current, goal, free }] of targets) {
    const now = written.get(id);
    correct(row, now ? now.after : current, goal, free);
  }
  for (const [id, row] of written) if (!net.has(id)) correct(row, row.after, row.before, []);
  return requests;
}

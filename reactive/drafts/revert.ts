import type { Written } from '../../core/commit/written.ts';
import { IntegrityError } from '../../core/errors.ts';
import { type Correction, correct, corrections, stampedOf } from './corrections.ts';
import { danglingOf } from './dangling.ts';
import { notRecorded } from './draft-error.ts';
import { differing } from './row-image.ts';
import { deleteRow, insertRow, updateRow } from './row-statements.ts';
import type { Stamped } from './stamped.ts';
import type { Request, Steps } from './steps.ts';
import { type Conflict, UndoConflictError } from './undo-conflict.ts';
import { idOf, type NetRow, netRows } from './undo-entry.ts';
import { type Target, targetsOf } from './undo-targets.ts';

/** What to do about cells that others have changed since: give up, or leave them as they are. */
export type OnConflict = 'refuse' | 'merge';

export interface Reverted {
  /** What was written, so that it can be taken back in its turn. */
  readonly rows: readonly NetRow[];
  readonly conflicts: readonly Conflict[];
  /** Rows that triggers have made other than they were to be. */
  readonly stamped: readonly Stamped[];
}

/** Triggers may answer a correction with another change; one that always does has its way. */
const maxRounds = 4;
/** How often another order is tried, where triggers make rows that are in the way. */
const maxPasses = 4;
const savepoint = 'freshet_undo';

/**
 * Puts rows back as they were, in a transaction that is open.
 *
 * Guarantees: these rows are as before, values and types, and no other row is changed, whatever triggers and
 * foreign-key actions do in between; what others changed since is kept, or nothing is written. Doesn't guarantee
 * anything against a trigger that sets a column at every write. The hard part is order: rows may have exchanged unique
 * values, and may refer to each other.
 */
export function* revert(rows: readonly NetRow[], onConflict: OnConflict): Steps<Reverted> {
  const found = yield* targetsOf(rows);
  const conflicts = [...found.conflicts];
  let { targets } = found;
  for (;;) {
    if (conflicts.length > 0 && onConflict === 'refuse') throw new UndoConflictError(conflicts);
    if (targets.length === 0) return { rows: [], conflicts, stamped: [] };
    // Till the commit: a row may come back before the one that it refers to.
    yield [control('PRAGMA defer_foreign_keys = ON'), control(`SAVEPOINT ${savepoint}`)];
    const { written, stamped } = yield* put(targets, rows);
    const dangling = yield* danglingOf(targets);
    if (dangling.size === 0) {
      yield [control(`RELEASE ${savepoint}`)];
      return { rows: written, conflicts, stamped };
    }
    yield [control(`ROLLBACK TO ${savepoint}`), control(`RELEASE ${savepoint}`)];
    conflicts.push(...dangling.values());
    targets = targets.filter((target) => !dangling.has(target));
  }
}

interface Put {
  readonly written: readonly NetRow[];
  readonly stamped: readonly Stamped[];
}

/** What stays as it is not to be, because a unique value is taken. */
interface Stuck {
  readonly failure: unknown;
  readonly left: readonly Correction[];
}

function* put(targets: readonly Target[], rows: readonly NetRow[]): Steps<Put> {
  let failure = yield* attempt(inPlace(targets));
  let order = targets;
  for (let pass = 0; pass < maxPasses; pass++) {
    if (failure) {
      yield [control(`ROLLBACK TO ${savepoint}`)];
      yield* attemptEach(anew(order));
    }
    const result = yield* corrected(targets, rows);
    if ('written' in result) return result;
    failure = result.failure;
    // A trigger of theirs met a row that is put back, too: they come first the next time (the last in this order),
    // and what the trigger makes is corrected.
    const left = new Set(result.left.map(({ id }) => id));
    const isLeft = ({ row, goal }: Target): boolean => goal !== null && left.has(idOf(row.table, goal));
    order = [...order.filter((target) => !isLeft(target)), ...order.filter(isLeft)];
  }
  throw failure;
}

/** Corrects what triggers and foreign-key actions made of it. */
function* corrected(targets: readonly Target[], rows: readonly NetRow[]): Steps<Put | Stuck> {
  let failure: unknown;
  for (let round = 0; ; round++) {
    const written = netRows(yield* writtenNow());
    const left = corrections(written, rows, targets);
    if (left.length === 0 || (round >= maxRounds && failure === undefined)) {
      return { written, stamped: stampedOf(left) };
    }
    if (round >= maxRounds) return { failure, left };
    const requests = correct(left, failure !== undefined);
    failure = yield* attempt(requests);
    if (failure !== undefined) failure = yield* attemptEach(requests);
  }
}

/** Carries out all of them, or gives the failure of one over a unique value that is taken. */
function* attempt(requests: readonly Request[]): Steps<unknown> {
  try {
    yield requests;
    return undefined;
  } catch (error) {
    if (!isTaken(error)) throw error;
    return error;
  }
}

/**
 * Carries out those that can be, and gives the last such failure. A unique value may be taken by a row that a trigger has
 * made of what was put back before, which the next correction removes.
 */
function* attemptEach(requests: readonly Request[]): Steps<unknown> {
  let failure: unknown;
  for (const request of requests) failure = (yield* attempt([request])) ?? failure;
  return failure;
}

/** What the open transaction has written. @throws OperationalError (`UNDO`) where that isn't known. */
function* writtenNow(): Steps<Written> {
  const [answer] = yield [{ kind: 'written' }];
  return complete(answer?.written);
}

export function complete(written: Written | undefined): Written {
  if (!written?.isComplete || written.unrecorded.length > 0) throw notRecorded(written?.unrecorded ?? []);
  return written;
}

/** Rows that stay are updated, so that nothing that refers to them notices. The last change is the first to go. */
function inPlace(targets: readonly Target[]): Request[] {
  const reversed = targets.toReversed();
  return [
    ...reversed.flatMap((target) => (target.goal === null ? gone(target) : [])),
    ...reversed.flatMap(({ row: { table }, current, goal }) =>
      current && goal ? [updateRow(table, current, goal, differing(table, current, goal))] : [],
    ),
    ...reversed.flatMap((target) => (target.current === null ? there(target) : [])),
  ];
}

/** Rows whose unique values change go first and come back last, so that none meets another's. */
function anew(targets: readonly Target[]): Request[] {
  const reversed = targets.toReversed();
  const moving = new Set(reversed.filter(changesKeys));
  return [
    ...reversed.flatMap((target) => (target.goal === null || moving.has(target) ? gone(target) : [])),
    ...inPlace(targets.filter((target) => target.current && target.goal && !moving.has(target))),
    ...reversed.flatMap((target) => (target.current === null || moving.has(target) ? there(target) : [])),
  ];
}

function gone({ row: { table }, current }: Target): Request[] {
  return current ? [deleteRow(table, current)] : [];
}

function there({ row: { table }, goal }: Target): Request[] {
  return goal ? [insertRow(table, goal)] : [];
}

function changesKeys({ row: { table }, current, goal }: Target): boolean {
  if (current === null || goal === null) return false;
  if (idOf(table, current) !== idOf(table, goal)) return true;
  return differing(table, current, goal).some((column) => table.unique.includes(column));
}

function isTaken(error: unknown): boolean {
  const reasons = ['constraint.unique', 'constraint.primary_key', 'constraint.rowid'];
  return error instanceof IntegrityError && reasons.includes(error.subcode);
}

function control(sql: string): Request {
  return { kind: 'write', sql, params: [] };
}

import type { Case } from './case.ts';
import { check } from './check.ts';
import { type CheckOptions, type Difference, strict } from './difference.ts';
import type { Engine } from './engine.ts';
import type { Action, Step } from './program.ts';
import { newTally } from './tally.ts';

export interface Failure {
  readonly case: Case;
  readonly difference: Difference;
}

/**
 * Looks for a smaller case that breaks the same rule: other live queries, steps, parts of steps and schema objects are
 * left out one after the other as long as that goes well. Ends after `budgetMs`, with what it has by then.
 */
export async function shrink(
  engine: Engine,
  failure: Failure,
  budgetMs: number,
  options: CheckOptions = strict,
): Promise<Failure> {
  const end = Date.now() + budgetMs;
  let best = failure;
  const tried = async (candidate: Case): Promise<boolean> => {
    if (Date.now() > end) return false;
    const difference = await check(engine, candidate, newTally(), { ...options, patienceMs: 500 }).catch(
      () => null,
    );
    if (difference?.rule !== failure.difference.rule) return false;
    best = { case: candidate, difference };
    return true;
  };
  /** Leaves out parts of one step until none can be spared. */
  const smallerStep = async (i: number): Promise<void> => {
    const { steps } = best.case;
    const step = steps[i] as Step;
    for (const action of smallerActions(step.action)) {
      if (await tried({ ...best.case, steps: steps.with(i, { ...step, action }) })) return smallerStep(i);
    }
  };
  const { step, live } = failure.difference;
  await tried({ ...best.case, steps: best.case.steps.slice(0, step + 1) });
  const whole = best.case;
  if (!(await tried(withLives(whole, live === null ? [] : [live])))) {
    await fewer([...whole.lives.keys()], (kept) => tried(withLives(whole, kept)));
  }
  for (let size = -1; size !== measure(best.case) && Date.now() < end; ) {
    size = measure(best.case);
    await fewer(best.case.steps, (steps) => tried({ ...best.case, steps }));
    for (const i of best.case.steps.keys()) await smallerStep(i);
    await fewer(best.case.schema, (schema) => tried({ ...best.case, schema }));
  }
  if (best.case.location === 'file') await tried({ ...best.case, location: 'memory' });
  return best;
}

const measure = (of: Case): number =>
  JSON.stringify([of.steps, of.schema], (_, v) => (typeof v === 'bigint' ? 0 : v)).length;

/** Leaves out runs of the list, long ones first. */
async function fewer<T>(list: readonly T[], works: (list: readonly T[]) => Promise<boolean>): Promise<void> {
  let left = list;
  for (let length = Math.ceil(list.length / 2); length > 0; length = length > 1 ? Math.ceil(length / 2) : 0) {
    for (let start = left.length - length; start >= 0; start -= length) {
      const rest = [...left.slice(0, start), ...left.slice(start + length)];
      if (await works(rest)) left = rest;
    }
  }
}

/** The same action with one part less, or only one of its parts. */
function smallerActions(action: Action): Action[] {
  if (!('body' in action)) return [];
  const without = action.body.map((_, i) => ({ ...action, body: action.body.filter((__, j) => j !== i) }));
  const nested = action.body.flatMap((part, i) =>
    smallerActions(part).map((smaller) => ({ ...action, body: action.body.with(i, smaller) })),
  );
  return [...without, ...nested];
}

/** Only some of the live queries; steps that open and close them are renumbered. */
function withLives(of: Case, kept: readonly number[]): Case {
  const renumbered = (action: Action): Action[] => {
    if (action.type === 'open' || action.type === 'close') {
      const query = kept.indexOf(action.query);
      return query < 0 ? [] : [{ ...action, query }];
    }
    return 'body' in action ? [{ ...action, body: action.body.flatMap(renumbered) }] : [action];
  };
  const steps = of.steps.flatMap((step) => renumbered(step.action).map((action) => ({ ...step, action })));
  return { ...of, steps, lives: kept.flatMap((index) => of.lives[index] ?? []) };
}

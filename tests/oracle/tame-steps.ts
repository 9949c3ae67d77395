import { makeSchemaChange } from './ddl.ts';
import type { Action, Step } from './program.ts';
import { makeStatement } from './statements.ts';
import type { PlannedStep, Situation } from './steps.ts';
import { tameChange } from './tame-changes.ts';

/**
 * Steps of a tame case: many short transactions, nearly all with row detail. A favourite may take several commits;
 * now and then two of them are one.
 */
export function makeTameSteps(s: Situation): PlannedStep[] {
  const { random, catalog, sample } = s;
  if (random.chance(0.012)) return [schemaStep(s)];
  if (random.chance(0.06)) return [planned(s, openOrClose(s))];
  if (random.chance(0.08)) return [planned(s, makeStatement(random, catalog, sample))];
  const commits = tameChange(s);
  if (random.chance(0.2)) {
    const [other = []] = tameChange(s);
    return [planned(s, transaction(s, [...(commits[0] ?? []), ...other])), ...steps(s, commits.slice(1))];
  }
  return steps(s, commits);
}

const steps = (s: Situation, commits: readonly (readonly Action[])[]): PlannedStep[] =>
  commits.map((body) => planned(s, transaction(s, body)));

const planned = (s: Situation, action: Action): PlannedStep => ({
  step: { by: s.random.pick(s.actors), action, schema: false } satisfies Step,
  change: null,
});

const openOrClose = ({ random, queries }: Situation): Action => ({
  type: random.pick(['open', 'open', 'close']),
  query: random.between(0, queries - 1),
});

const sql = (text: string): Action => ({ type: 'run', how: 'execute', sql: text });

/** One commit, by one of the ways to make one; a few are rolled back, wholly or in part. */
function transaction(s: Situation, statements: readonly Action[]): Action {
  const { random } = s;
  const only = statements.length === 1 ? statements[0] : undefined;
  if (only && random.chance(0.6)) return only;
  const body = random.chance(0.06) ? [...statements, openOrClose(s)] : [...statements];
  if (random.chance(0.08)) {
    const undone = tameChange(s)[0] ?? [];
    const inner: Action = { type: 'transaction', body: undone, throws: random.chance(0.7) };
    body.splice(random.between(0, body.length), 0, inner);
  }
  return random.weighted<() => Action>([
    [6, () => ({ type: 'transaction', body, throws: random.chance(0.06) })],
    [3, () => ({ type: 'begin', mode: 'deferred', body, end: random.chance(0.92) ? 'commit' : 'rollback' })],
    [
      2,
      () => ({
        type: 'group',
        body: [sql('BEGIN'), ...body, sql(random.chance(0.9) ? 'COMMIT' : 'ROLLBACK')],
      }),
    ],
    [1, () => ({ type: 'group', body })],
    [0.4, () => listening(s, body)],
  ])();
}

/** A listener that writes in turn. */
function listening(s: Situation, body: readonly Action[]): Action {
  const then = tameChange(s)[0]?.[0];
  const commit: Action = { type: 'transaction', body, throws: false };
  return then ? { type: 'group', body: [{ type: 'listener', then }, commit] } : commit;
}

/** Rare: an index or a setting under which SQLite scans otherwise, sometimes more. */
function schemaStep(s: Situation): PlannedStep {
  const change = makeSchemaChange(s.random, s.catalog, true);
  return { step: { by: 'first', action: sql(change.sql), schema: true }, change };
}

import { quoted } from '../names.ts';
import type { Action, Statement } from '../program.ts';
import { makeStatement } from '../statements.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import { tameChange } from '../tame-changes.ts';
import type { Ingredient } from './ingredient.ts';

const run = (sql: string, how: Statement['how'] = 'execute'): Statement => ({ type: 'run', how, sql });

/** A change of one statement. */
function changeOf(s: Situation): Statement {
  for (;;) {
    const made = s.catalog.tame ? tameChange(s)[0]?.[0] : makeStatement(s.random, s.catalog, s.sample);
    if (made?.type === 'run' && !/RETURNING|ROLLBACK/.test(made.sql)) return made;
  }
}

/** A handle reads in a transaction, or from an iteration that is open, while another handle commits. */
function steps(s: Situation): PlannedStep[] {
  const { random, catalog } = s;
  const read = (): Action =>
    run(`SELECT count(*) AS n FROM ${quoted(random.pick(catalog.tables).name)}`, 'query');
  const meanwhile = (): Action[] =>
    random.times(random.between(1, 2), () => ({ type: 'meanwhile', by: 'second', work: changeOf(s) }));
  const action: Action = random.chance(0.7)
    ? {
        type: 'group',
        body: [
          run('BEGIN'),
          read(),
          ...meanwhile(),
          read(),
          run(random.pick(['COMMIT', 'COMMIT', 'ROLLBACK'])),
        ],
      }
    : {
        type: 'reading',
        sql: `SELECT * FROM ${quoted(random.pick(catalog.tables).name)}`,
        body: meanwhile(),
      };
  return [{ step: { by: 'first', action, schema: false }, change: null }];
}

/** Commits of one handle while another one is in the middle of something. */
export const overlapping: Ingredient = { name: 'overlapping', needs: 'file', steps };

import { atomically } from './atomically.ts';
import type { Engine } from './engine.ts';
import { ProgrammingError } from './errors.ts';
import type { Statement } from './statement.ts';
import { takeParamsList } from './take-params.ts';
import type { Params } from './values.ts';

/** Runs a write once for each element, in a transaction or savepoint of its own: all or nothing. */
export function executeBatch(
  engine: Engine,
  statement: Statement,
  paramsList: Iterable<Params>,
): { changes: number } {
  engine.assertOpen('execute');
  if (statement.plan.kind !== 'write' && statement.plan.kind !== 'other') {
    throw new ProgrammingError('A batch executes INSERT, UPDATE or DELETE; run other statements singly.', {
      code: 'SQL',
      subcode: 'sql.batch',
    });
  }
  const items = takeParamsList(paramsList);
  // An empty list opens no transaction.
  if (items.length === 0) return { changes: 0 };
  return atomically(engine, 'immediate', () => {
    let changes = 0;
    for (const params of items) changes += engine.execute(engine.current(statement), params).changes;
    return { changes };
  });
}

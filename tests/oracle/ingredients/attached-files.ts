import { join, rows, single } from '../cores.ts';
import type { Catalog, Grammar } from '../grammar.ts';
import { type Body, bodyOf } from '../queries.ts';
import { column, type Table } from '../schema.ts';
import { tableSource } from '../sources.ts';
import { makeStatement } from '../statements.ts';
import type { PlannedStep, Situation } from '../steps.ts';
import type { Constant } from '../values.ts';
import { type Ingredient, plainTable, tablesNamed } from './ingredient.ts';

const prefix = 'far';
const few: Constant[] = [0, 1, 2].map((value) => ({ sql: String(value), value }));

const tables = (): Table[] => [
  plainTable(
    prefix,
    [
      column('id', 'INTEGER', 'key', 'PRIMARY KEY'),
      column('g', 'INTEGER', 'small', '', few),
      column('parent', 'INTEGER', 'key'),
      column('name', 'TEXT', 'text'),
    ],
    { key: ['id'], keyKind: 'INTEGER PRIMARY KEY', home: 'other' },
  ),
];

function query(g: Grammar): Body {
  g.use('attached file');
  const read = single(g, tableSource(g, tablesNamed(g.catalog, prefix)[0]), 0.3);
  return bodyOf(rows(g, g.random.chance(0.5) ? join(g, read, tableSource(g)) : read));
}

/** Writes to the attached file: by a handle that attached it, by another handle, by another program. */
function steps({ random, catalog, sample }: Situation): PlannedStep[] {
  const own = tablesNamed(catalog, prefix);
  if (own.length === 0) return [];
  const narrow: Catalog = { ...catalog, tables: own, views: [], triggers: [], indexes: [] };
  const by = random.pick(['first', 'guest', 'visitor', 'visitor'] as const);
  for (;;) {
    const action = makeStatement(random, narrow, sample);
    // Another program knows none of Freshet's calls.
    if (action.type !== 'run' || (by === 'visitor' && action.how === 'prepare')) continue;
    return [{ step: { by, action, schema: false }, change: null }];
  }
}

/** An attached file that others write to as well. */
export const attachedFiles: Ingredient = {
  name: 'attached-files',
  needs: 'attached file',
  tables,
  query,
  steps,
};

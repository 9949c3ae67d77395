import { test } from 'vitest';
import { ordinaryRun } from './oracle-run.ts';
import { type OrdinaryPart, ordinaryParts } from './ordinary.ts';

test('after every commit each live query equals the same SQL run afresh, from another seed', () =>
  ordinaryRun(ordinaryParts[1] as OrdinaryPart));

import { test } from 'vitest';
import { ordinaryRun } from './oracle-run.ts';
import { partsByIngredient } from './ordinary.ts';

test.each(
  partsByIngredient.map((part) => [`${part.only?.join()}, from seed ${part.seed}`, part] as const),
)('so does each live query of a case about %s', (_, part) => ordinaryRun(part));

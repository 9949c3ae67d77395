import { afterAll, describe, test } from 'vitest';
import { conformanceTests } from '../../testing/index.ts';
import { nodeEngines } from './node-engines.ts';

const { engines, end } = await nodeEngines();
afterAll(end);

describe.each(engines.map((engine) => ({ name: engine.name, engine })))('$name conforms', ({ engine }) => {
  for (const { name, run } of conformanceTests(engine)) test(name, run);
});

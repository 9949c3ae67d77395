import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { FuzzCase } from './fuzz-case.ts';

const folder = mkdtempSync(join(tmpdir(), 'freshet-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
// Others each day; a failure names its seed, for `npm run fuzz -- --seed n --cases 1 --log`.
const first = Number(process.env['FRESHET_SEED'] ?? Math.floor(Date.now() / 86_400_000) * 100);

describe('random calls on a database of this thread end as documented', () => {
  it.each(Array.from({ length: 20 }, (_, at) => first + at))('seed %i', async (seed) => {
    const location = seed % 3 === 0 ? join(folder, `${seed}.db`) : ':memory:';
    await FuzzCase.run({ handle: 'sync', seed, calls: 300, location, log: () => {} });
  });
});

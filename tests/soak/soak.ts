/**
 * Hours in minutes: random writes and hundreds of live queries on one long-lived database.
 *
 *   node --expose-gc tests/soak/soak.ts [--minutes 10] [--lives 300] [--every 5] [--seed n]
 */
import { parseArgs } from 'node:util';
import { runSoak } from './run-soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    lives: { type: 'string', default: '300' },
    every: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});

if (!globalThis.gc) console.log('Without --expose-gc the heap holds garbage too: its slope means little.');
console.log(`soak: seed ${values.seed}`);
const { comparisons, opened, ended, drift, heap, isFlat, left } = await runSoak({
  seed: Number(values.seed),
  seconds: Number(values.minutes) * 60,
  everySeconds: Number(values.every),
  lives: Number(values.lives),
  log: console.log,
});

const slope = `${heap.slope.toFixed(2)} ± ${heap.slopeError.toFixed(2)} MB a minute over the second half`;
console.log(
  `${comparisons} comparisons, ${opened} live queries opened, ${ended} of them ended by an error, ${left} triggers left at the end`,
);
const verdict = { true: 'the heap stayed flat', false: 'THE HEAP GREW', null: 'too short to judge the heap' };
console.log(`${verdict[`${isFlat}`]}: ${slope}`);
console.log(drift.length === 0 ? 'no drift' : `DRIFT:\n${drift.join('\n')}`);
if (isFlat === false || drift.length > 0 || left > 0) process.exitCode = 1;

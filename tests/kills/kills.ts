/**
 * Kills writers by SIGKILL at random moments, and looks at what they leave.
 *
 *   npm run kills -- [--sync 100] [--async 100] [--seconds 600] [--seed n]
 */
import { parseArgs } from 'node:util';
import { runKills } from './run-kills.ts';

const { values } = parseArgs({
  options: {
    sync: { type: 'string', default: '100' },
    async: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});

console.log(`kills: seed ${values.seed}`);
const { kills, acknowledged, faults } = await runKills({
  seed: Number(values.seed),
  kills: { sync: Number(values.sync), async: Number(values.async) },
  seconds: Number(values.seconds),
  log: console.log,
});
console.log(`${kills} kills, ${acknowledged} commits acknowledged`);
console.log(faults.length === 0 ? 'nothing lost, nothing stale' : `FAULTS:\n${faults.join('\n')}`);
if (faults.length > 0) process.exitCode = 1;

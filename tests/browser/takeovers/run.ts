/** `npm run takeovers -- --rounds n [--seed n]`: see `campaign`. */
import { parseArgs } from 'node:util';
import { missing } from '../chromium.ts';
import { executable, startBrowser } from '../support.ts';
import { campaign } from './campaign.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string' }, seed: { type: 'string' } } });
const rounds = Number(values.rounds ?? 200);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
if (!executable) throw new Error(missing);
console.log(`${rounds} takeovers, seed ${seed}`);
const browser = await startBrowser();
try {
  const { acknowledged, unknown, compared, pauses, ways } = await campaign(
    browser,
    rounds,
    seed,
    (done, written) => {
      if (done % 10 === 0) console.log(`${done} rounds, ${written} acknowledged writes`);
    },
  );
  const sorted = pauses.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    `${Math.round(sorted[Math.floor((sorted.length - 1) * part)] ?? 0)} ms`;
  console.log(`${acknowledged} acknowledged writes, none lost, none twice; ${unknown} calls of unknown fate`);
  console.log(`${compared} live queries equal to the table, ${JSON.stringify(ways)}`);
  console.log(`longest pause of a writer: p50 ${at(0.5)}, p90 ${at(0.9)}, most ${at(1)}`);
} finally {
  await browser.end();
}

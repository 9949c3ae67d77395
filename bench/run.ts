/**
 * Freshet, bare SQLite and other reactive stores, one after another on the same data (see bench/README.md).
 *
 *   npm run bench -- [--quick] [--only W1,W3] [--contenders freshet,bare,zero] [--rounds n] [--seconds a phase] [--limit seconds a process]
 *
 * Each contender and workload runs in a process of its own. Freshet and bare SQLite run again between the others,
 * once a round, and their medians over the rounds count.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Entry, entries, entryOf } from './contenders/all.ts';
import { describeMachine } from './machine.ts';
import { merge } from './merge.ts';
import type { Effort, Outcome } from './outcome.ts';
import { performTask } from './perform-task.ts';
import { measureQuietCommit } from './quiet-commit-figures.ts';
import { type Report, type Section, summaryMarkdown, tableOf } from './report.ts';
import { workloadOf, workloads } from './workloads/all.ts';
import type { Workload } from './workloads/workload.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    contenders: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    limit: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- [--quick] [--only W1,W3] [--contenders freshet,bare,...] [--rounds n] [--seconds a phase] [--limit seconds a process]',
  );
  process.exit(0);
}

const folder = import.meta.dirname;
const { quick } = options;
const rounds = Number(options.rounds ?? (quick ? 1 : 3));
const limitSeconds = Number(options.limit ?? (quick ? 60 : 300));
// Slow contenders get as far as the seconds of a phase let them; the tables say how many writes that was.
const effort: Effort = quick
  ? { writes: 200, warmUp: 80, bursts: 2, hydrations: 5, phaseSeconds: Number(options.seconds ?? 4) }
  : { writes: 2000, warmUp: 3000, bursts: 9, hydrations: 25, phaseSeconds: Number(options.seconds ?? 30) };

const ids = options.only?.toUpperCase().split(',') ?? [...workloads.map(({ id }) => id), 'W9'];
const chosen = ids.filter((id) => id !== 'W9').map(workloadOf);
const contenders = options.contenders?.split(',').map(entryOf) ?? entries;
installPeers(contenders);

const machine = describeMachine(contenders);
console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.os}`);
console.log(
  `Node ${machine.node}, SQLite ${machine.sqlite}, ${machine.date}${quick ? ', quick: only a hint' : ''}`,
);

const sections: Section[] = [];
for (const workload of chosen) {
  const made: Section[] = [];
  for (const variant of workload.variants) {
    const section: Section = {
      id: workload.id,
      title: workload.title,
      variant,
      measures: workload.measures,
      contenders: await runAll(workload, variant, made),
    };
    made.push(section);
    sections.push(section);
  }
  progress('');
  console.log(`\n${workload.title}`);
  console.log(tableOf(made));
}
const quiet = ids.includes('W9') ? measureQuietCommit(quick) : undefined;
if (quiet) console.log(`\nW9 quiet commit: what a write costs when nobody needs it\n${quiet.text}`);

const report: Report = { quick, rounds, machine, sections, quietCommit: quiet?.figures ?? [] };
const summary = summaryMarkdown(report);
console.log(`\n${summary}`);
// What isn't the whole benchmark doesn't take its place.
const whole = !quick && options.only === undefined && options.contenders === undefined;
const file = whole ? 'results' : 'results.partial';
writeFileSync(join(folder, `${file}.json`), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(join(folder, `${file}.md`), summary);
console.log(`Written to bench/${file}.json and bench/${file}.md.`);

async function runAll(
  workload: Workload,
  variant: string,
  smaller: readonly Section[],
): Promise<Section['contenders']> {
  const outcomes = new Map<Entry, Outcome[]>(contenders.map((entry) => [entry, []]));
  const always = contenders.filter(({ everyRound }) => everyRound);
  const others = contenders.filter(({ everyRound }) => !everyRound);
  const share = Math.ceil(others.length / rounds);
  for (let round = 0; round < rounds; round++) {
    const guests = others.slice(round * share, (round + 1) * share);
    for (const entry of [...always, ...guests]) {
      progress(`${workload.id} ${variant} ${entry.name} ...`);
      outcomes.get(entry)?.push(await runOne(workload, variant, entry, smaller));
    }
  }
  return [...outcomes].map(([{ id, name }, all]) => ({ id, name, outcome: merge(all) }));
}

async function runOne(
  workload: Workload,
  variant: string,
  entry: Entry,
  smaller: readonly Section[],
): Promise<Outcome> {
  // Who couldn't with fewer live queries isn't asked to with more.
  if (workload.id === 'W4') {
    for (const section of smaller) {
      const { outcome } = section.contenders.find(({ id }) => id === entry.id) ?? {};
      if (outcome?.type !== 'failed') continue;
      return { type: 'failed', reason: `not tried, as it failed with ${section.variant}` };
    }
  }
  return performTask({ contender: entry.id, workload: workload.id, variant, effort }, limitSeconds);
}

/** On a line that is overwritten; nothing where nobody looks. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** The peers' packages, at the versions of the lock file. */
function installPeers(wanted: readonly Entry[]): void {
  const missing = wanted.filter(
    (entry) => entry.package !== null && !existsSync(join(folder, 'node_modules', entry.package)),
  );
  if (missing.length === 0) return;
  console.log(`Installing ${missing.map(({ name }) => name).join(', ')} into bench/node_modules`);
  const { status } = spawnSync('npm', ['ci', '--prefix', folder], { stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed: run it in bench/, or name --contenders freshet,bare');
}

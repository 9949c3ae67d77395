/**
 * A live top-50 over a file much larger than memory may be: what the first answer takes, and the most memory in use.
 * Fails above 200 MB, or when an answer differs from SQLite's.
 *
 *   node tests/large/large-file.ts [--path file] [--megabytes 2048] [--writes 1000] [--seed 1]
 *
 * With --path the file stays and is used again; its rows change with every run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { followIssues } from './follow-issues.ts';
import { buildIssues } from './issues-file.ts';

const mostMegabytes = 200;

const { values } = parseArgs({
  options: {
    path: { type: 'string' },
    megabytes: { type: 'string', default: '2048' },
    writes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    // What the fresh process runs: it has built nothing, so its memory is that of following.
    follow: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);

if (values.follow && values.path !== undefined) {
  const followed = followIssues(values.path, Number(values.writes), seed);
  // In kilobytes, whatever the platform.
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(
    `tier ${followed.tier}; first answer in ${followed.firstAnswerMs.toFixed(1)} ms; ` +
      `${followed.writes} writes in ${followed.writesMs.toFixed(0)} ms, ${followed.emissions} emissions, ` +
      `${followed.comparisons} comparisons; peak RSS ${megabytes.toFixed(0)} MB (at most ${mostMegabytes})`,
  );
  if (followed.difference !== null) console.log(`DIFFERENCE ${followed.difference}`);
  process.exitCode = followed.difference !== null || megabytes > mostMegabytes ? 1 : 0;
} else {
  const folder = values.path === undefined ? mkdtempSync(join(tmpdir(), 'freshet-large-')) : null;
  const path = values.path ?? join(folder as string, 'issues.db');
  try {
    buildIssues(path, Number(values.megabytes) * 2 ** 20, seed, console.log);
    const script = fileURLToPath(import.meta.url);
    const given = ['--follow', '--path', path, '--writes', values.writes, '--seed', values.seed];
    const { status } = spawnSync(process.execPath, [script, ...given], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

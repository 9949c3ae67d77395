import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type Mutant, misfit, mutants } from './mutant-list.ts';
import type { MutantRun, Verdict } from './mutant-run.ts';
import { ordinaryParts, partsByIngredient } from './ordinary.ts';

const usage = `npm run mutants -- [--comparisons n] [--seed n] [--only name]... [--about ingredient]... [--root folder]

Switches off the rules of the engine, one at a time, in a copy of core/ and reactive/, and runs the oracle on each copy
until it differs or enough was compared: what the tests compare, or as many cases as --comparisons, --seed and --about
say. A rule whose absence SURVIVED is one that the tests don't hold. --only takes part of a name or of a rule, and may be repeated; --root takes a folder with
other sources than the repository's; --about makes every case about an ingredient, as --only of npm run oracle does.`;

const { values } = parseArgs({
  options: {
    comparisons: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', multiple: true, default: [] },
    about: { type: 'string', multiple: true, default: [] },
    root: { type: 'string', default: resolve(import.meta.dirname, '../..') },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(usage);
  process.exit(0);
}

/** How long a mutant may go without a word. */
const patienceMs = 300_000;

const none: Mutant = { name: 'unchanged', rule: 'none', file: '', from: '', to: '' };

/** A copy of the sources that edits are made in, and taken back. */
class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'freshet-mutants-'));

  constructor(root: string) {
    const isSource = (path: string): boolean => !path.endsWith('.test.ts');
    for (const part of ['core', 'reactive'])
      cpSync(join(root, part), join(this.folder, part), { recursive: true, filter: isSource });
    cpSync(join(root, 'package.json'), join(this.folder, 'package.json'));
    symlinkSync(resolve(import.meta.dirname, '../../node_modules'), join(this.folder, 'node_modules'));
    const engine = [
      "import { openSync } from './core/index.ts';",
      "import { live, settled } from './reactive/index.ts';",
      "export const engine = { name: 'mutant', open: openSync, live, settled };",
    ];
    writeFileSync(join(this.folder, 'engine.ts'), engine.join('\n'));
  }

  /** Runs the oracle on the mutant. */
  async run(mutant: Mutant, parts: MutantRun['parts']): Promise<Verdict> {
    const path = join(this.folder, mutant.file);
    const source = mutant.file && readFileSync(path, 'utf8');
    if (mutant.file)
      writeFileSync(
        path,
        source.replace(mutant.from, () => mutant.to),
      );
    try {
      return await judged({ engine: join(this.folder, 'engine.ts'), parts });
    } finally {
      if (mutant.file) writeFileSync(path, source);
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** In a thread, so that each mutant loads its own modules, and one that never ends can be stopped. */
function judged(run: MutantRun): Promise<Verdict> {
  const worker = new Worker(new URL('./mutant-run.ts', import.meta.url), { workerData: run, stderr: true });
  return new Promise((settle) => {
    let comparisons = 0;
    const end = (verdict: Verdict): void => {
      clearTimeout(silence);
      void worker.terminate();
      settle(verdict);
    };
    const silence = setTimeout(() => end({ comparisons, caught: 'it never ends' }), patienceMs);
    worker.on('message', (message: number | Verdict) => {
      if (typeof message !== 'number') return end(message);
      comparisons = message;
      silence.refresh();
    });
    worker.on('error', (error) => end({ comparisons, caught: `it throws: ${String(error)}` }));
  });
}

const workshop = new Workshop(values.root);
try {
  const isAll = values.only.length === 0;
  const chosen = mutants.filter(
    ({ name, rule }) => isAll || values.only.some((text) => name.includes(text) || rule.includes(text)),
  );
  const misfits = chosen.flatMap((mutant) => misfit(mutant, workshop.folder) ?? []);
  if (misfits.length > 0) throw new Error(`Some edits no longer fit the sources:\n  ${misfits.join('\n  ')}`);
  const isOwn = values.comparisons !== undefined || values.about.length > 0;
  const own = {
    comparisons: Number(values.comparisons ?? 100_000),
    seed: Number(values.seed),
    only: values.about,
  };
  const parts = isOwn ? [own] : [...partsByIngredient, ...ordinaryParts];
  const most = parts.reduce((sum, { comparisons }) => sum + comparisons, 0);
  console.log(`comparisons until caught, at most ${most}\n`);
  const survivors: string[] = [];
  let spoken = '';
  for (const mutant of isAll ? [none, ...chosen] : chosen) {
    if (mutant.rule !== spoken) console.log(mutant.rule);
    spoken = mutant.rule;
    const { comparisons, caught } = await workshop.run(mutant, parts);
    const count = caught === null ? 'SURVIVED' : String(comparisons);
    console.log(`  ${mutant.name.padEnd(40)}${count.padStart(9)}  ${caught?.split('\n')[0] ?? ''}`);
    if (mutant === none && caught !== null) throw new Error('The engine itself differs from SQLite');
    if (mutant !== none && caught === null) survivors.push(mutant.name);
  }
  console.log(`\n${chosen.length - survivors.length} of ${chosen.length} caught`);
  if (survivors.length > 0) {
    console.log(`survived: ${survivors.join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  workshop.remove();
}

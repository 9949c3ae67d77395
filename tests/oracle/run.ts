import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Engine } from './engine.ts';
import { ingredients } from './ingredients/all.ts';
import { type OracleOptions, replayCommand, runOracle, withEnvironment } from './oracle.ts';
import { censusText, failureText, summaryText } from './report.ts';

const usage = `npm run oracle -- [--comparisons n | --seconds n | --minutes n] [--engine module] [--only ingredient] [--except rule] [--strict] [--constructs]

Runs random schemas, queries and transactions on Freshet and on SQLite alone until they differ, or enough was compared
(200,000 comparisons unless told). FRESHET_SEED, FRESHET_CASES, FRESHET_STEPS and FRESHET_LIVES replay a run.
--engine takes a module of tests/oracle ('naive') or a path; it exports \`engine: Engine\` (see engine.ts).
--only gives every case that ingredient, and makes most of its queries and steps about it (may be repeated):
  ${ingredients.map(({ name }) => name).join(', ')}.
--except passes over a rule that is known to be broken (part of its text; may be repeated).
--strict takes no answer that SQLite gives only when it scans otherwise: with --engine reversed it finds wrong tags.
--constructs prints what was generated, and what SQLite refused.`;

const { values } = parseArgs({
  options: {
    comparisons: { type: 'string' },
    seconds: { type: 'string' },
    minutes: { type: 'string' },
    engine: { type: 'string', default: 'freshet' },
    only: { type: 'string', multiple: true, default: [] },
    except: { type: 'string', multiple: true, default: [] },
    strict: { type: 'boolean', default: false },
    constructs: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(usage);
  process.exit(0);
}

const unknown = values.only.filter((name) => !ingredients.some((one) => one.name === name));
if (unknown.length > 0) {
  console.error(`Cannot run: there is no ingredient ${unknown.join(', ')}. See --help.`);
  process.exit(2);
}

const time =
  values.minutes !== undefined
    ? Number(values.minutes) * 60
    : Number(values.seconds ?? Number.POSITIVE_INFINITY);
const enough = Number.isFinite(time) ? Number.POSITIVE_INFINITY : 200_000;
let spoken = Date.now();

const options: OracleOptions = withEnvironment({
  seed: Date.now() % 1_000_000_000,
  cases: Number.POSITIVE_INFINITY,
  comparisons: values.comparisons === undefined ? enough : Number(values.comparisons),
  seconds: time,
  steps: 25,
  lives: 8,
  shrinkMs: 20_000,
  only: values.only,
  except: values.except,
  lenient: !values.strict,
  progress: ({ tally, seconds }) => {
    if (Date.now() - spoken < 5000) return;
    spoken = Date.now();
    const rate = Math.round(tally.comparisons / seconds);
    console.log(
      `  ${seconds.toFixed(0)} s: ${tally.comparisons} comparisons, ${rate}/s, ${tally.cases} cases`,
    );
  },
});

const module = /^\w+$/.test(values.engine) ? `./${values.engine}.ts` : pathToFileURL(values.engine).href;
const { engine } = (await import(module)) as { engine: Engine };
console.log(`oracle: engine ${engine.name}, seed ${options.seed}`);

const result = await runOracle(engine, options);
console.log(summaryText(result.tally, result.census, result.seconds));
if (values.constructs) console.log(censusText(result.census));
if (result.failure) {
  console.log(`\n${failureText(result.failure)}\n\nreplay: ${replayCommand(result.failure.seed, options)}`);
  process.exitCode = 1;
} else {
  console.log(`no difference; seed ${options.seed}`);
}

// `npm run demo:terminal`: a sample database, a second process that writes it, and live queries that follow.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { CommandError } from '../../cli/command-error.ts';
import { errorMessage } from '../../cli/error-message.ts';
import { Output } from '../../cli/output.ts';
import { Stop } from '../../cli/stop.ts';
import { openSync } from '../../core/index.ts';
import { Answers } from './answers.ts';
import { Latencies, milliseconds, sharedClock, type WriterMessage } from './latencies.ts';
import { makeSampleDatabase } from './sample-database.ts';
import { type Legend, LineView, ScreenView, type View } from './view.ts';

interface Options {
  readonly seconds?: number;
  readonly issues: number;
}

const atLeast = (least: number) => (text: string) => {
  const value = Number(text);
  if (!(value >= least && value <= 2_000_000))
    throw new InvalidArgumentError(`It must be ${least} to 2000000.`);
  return value;
};

const out = new Output(process.stdout);
const options = new Command('npm run demo:terminal --')
  .description('Shows live SQL queries following a database that another process writes.')
  .option('--seconds <n>', 'end after so many seconds', atLeast(0.1))
  .option('--issues <n>', 'rows of the sample', atLeast(1000), 100_000)
  .parse()
  .opts<Options>();

const directory = mkdtempSync(join(tmpdir(), 'freshet-demo-'));
try {
  await run(join(directory, 'issues.db'));
} catch (error) {
  process.stderr.write(`The demo failed: ${errorMessage(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

async function run(path: string): Promise<void> {
  {
    // Ctrl-C before the demo has begun.
    using stop = new Stop(out);
    if (!(await makeSample(path, stop.signal))) return;
  }
  using stop = new Stop(out, options.seconds);
  const { latencies, changes } = await follow(path, stop);
  const n = (count: number) => count.toLocaleString('en');
  out.write(
    `Saw ${n(latencies.commits)} commits and showed ${n(changes)} changes. From commit to screen: ` +
      `median ${milliseconds(latencies.quantile(0.5))}, p99 ${milliseconds(latencies.quantile(0.99))}.\n`,
  );
}

/** Makes the database and shows how far it is; false when told to stop. */
async function makeSample(path: string, signal: AbortSignal): Promise<boolean> {
  const total = options.issues.toLocaleString('en');
  let shownAt = 0;
  for (const made of makeSampleDatabase(path, options.issues, new Date())) {
    const done = made === options.issues;
    const text = `Making a sample database: ${made.toLocaleString('en')} of ${total} issues`;
    if (out.isTerminal) out.write(`\r${text}${done ? '\n' : ''}`);
    else if (done || made >= shownAt + options.issues / 4) out.write(`${text}\n`);
    if (made >= shownAt + options.issues / 4) shownAt = made;
    await new Promise(setImmediate); // So that Ctrl-C is heard.
    if (signal.aborted) {
      if (out.isTerminal) out.write('\n');
      return false;
    }
  }
  return true;
}

async function follow(path: string, stop: Stop): Promise<{ latencies: Latencies; changes: number }> {
  const latencies = new Latencies();
  const failed = Promise.withResolvers<never>();
  let changes = 0;
  let scheduled = false;
  let ended = false;
  using db = openSync(path, { mode: 'open', readOnly: true, onError: failed.reject });
  using answers = new Answers(db, schedule, failed.reject);
  await using _writer = startWriter(path, latencies, failed.reject);
  const legend: Legend = {
    title: 'Freshet: SQL asked once, kept fresh while another process writes the file',
    path: `${options.issues.toLocaleString('en')} issues in ${path}`,
    hint: `npm run freshet -- watch ${path} "SELECT status, count(*) AS n FROM issues GROUP BY status"`,
  };
  const view: View =
    out.isTerminal && process.env.TERM !== 'dumb'
      ? new ScreenView(out, legend, () => view.draw(answers, latencies, false))
      : new LineView(out, legend, () => new Date());
  try {
    await Promise.race([stop.wait(), failed.promise]);
  } finally {
    ended = true;
    view.end();
  }
  return { latencies, changes };

  /** Draws once all queries have told about a commit. */
  function schedule(): void {
    if (!scheduled) setImmediate(draw);
    scheduled = true;
  }

  function draw(): void {
    scheduled = false;
    if (ended) return;
    view.draw(answers, latencies, true);
    latencies.shown(answers.lastWrite?.commit ?? 0, sharedClock());
    changes += answers.takeChanges();
  }
}

/** The writing process; disposing ends it, and it alone. */
function startWriter(path: string, latencies: Latencies, fail: (error: Error) => void): AsyncDisposable {
  const child: ChildProcess = fork(fileURLToPath(new URL('./writer.ts', import.meta.url)), [path], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  let stderr = '';
  let ending = false;
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.on('message', (message) => {
    const { commit, at } = message as WriterMessage;
    latencies.committed(commit, at);
  });
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    const how = signal ?? `exit code ${code}`;
    if (!ending) fail(new CommandError(`the writing process ended (${how}).\n${stderr}`.trim()));
  });
  return {
    async [Symbol.asyncDispose]() {
      ending = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.send('end');
      const patience = setTimeout(() => child.kill('SIGKILL'), 3000);
      await exited;
      clearTimeout(patience);
    },
  };
}

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome, Task } from './outcome.ts';

/** Runs a task in a new process; a crash or too long a run is an outcome too. */
export function performTask(task: Task, limitSeconds: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'worker.ts'), {
      execArgv: ['--expose-gc', '--max-old-space-size=8192', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    let complaint = '';
    child.stderr?.on('data', (chunk) => {
      complaint = (complaint + chunk).slice(-4000);
    });
    const limit = setTimeout(() => finish(failed(`over ${limitSeconds} s`)), limitSeconds * 1000);
    child.once('message', (outcome: Outcome) => finish(outcome));
    child.once('error', (error) => finish(failed(String(error))));
    child.once('exit', (code, signal) => finish(failed(crash(code, signal, complaint))));
    child.send(task);

    function finish(outcome: Outcome): void {
      clearTimeout(limit);
      child.kill('SIGKILL');
      resolve(outcome);
    }
  });
}

function failed(reason: string): Outcome {
  return { type: 'failed', reason };
}

function crash(code: number | null, signal: string | null, complaint: string): string {
  if (complaint.includes('heap out of memory')) return 'out of memory (8 GB heap)';
  const said = complaint.split('\n').find((line) => /Error/.test(line));
  return `exited with ${signal ?? code}${said === undefined ? '' : `: ${said.trim()}`}`;
}

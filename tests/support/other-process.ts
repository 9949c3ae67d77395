import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Answer, Request } from './other-process-child.ts';

const program = fileURLToPath(new URL('./other-process-child.ts', import.meta.url));

/** A process of its own that has the file open through node:sqlite, and does as it is told. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
    child.on('exit', () => {
      for (const [id, answer] of this.#waiting) {
        answer({ id, error: { message: 'the other process has ended', errcode: undefined } });
      }
    });
  }

  static async start(path: string): Promise<OtherProcess> {
    const other = new OtherProcess(
      fork(program, [path], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
    );
    onTestFinished(() => other.end());
    await other.#answer(0);
    return other;
  }

  /** Runs a script. */
  async exec(sql: string): Promise<void> {
    await this.#ask({ sql, rows: false });
  }

  async query(sql: string): Promise<readonly unknown[]> {
    return (await this.#ask({ sql, rows: true })).rows ?? [];
  }

  /** SIGKILL: nothing of it gets a chance to clean up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async end(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }

  async #ask(request: Omit<Request, 'id'>): Promise<Answer> {
    const id = ++this.#lastId;
    const answered = this.#answer(id);
    this.#child.send({ ...request, id });
    const answer = await answered;
    if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
    return answer;
  }

  async #answer(id: number): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    const answer = await promise;
    this.#waiting.delete(id);
    return answer;
  }
}

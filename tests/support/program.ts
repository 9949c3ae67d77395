import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const programs = fileURLToPath(new URL('../faults/programs.ts', import.meta.url));

/** How a program ended: by itself with a code, or by a signal. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** One of `programs.ts` in a process of its own: what it says, and how it ends. */
export class Program {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<End>;
  readonly #waiting = new Set<() => void>();
  #stderr = '';
  #isOver = false;

  constructor(name: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [programs, name, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('The program has no output');
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface(stdout).on('line', (line) => {
      this.lines.push(line);
      for (const check of this.#waiting) check();
    });
    this.#ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#isOver = true;
      for (const check of this.#waiting) check();
      return { code, signal, lines: this.lines, stderr: this.#stderr };
    });
    onTestFinished(() => this.kill());
  }

  /** Resolves when the program has said this; fails when it ends without. */
  said(isIt: string | ((line: string) => boolean)): Promise<string> {
    const test = typeof isIt === 'string' ? (line: string) => line === isIt : isIt;
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const line = this.lines.find(test);
        if (line === undefined && !this.#isOver) return;
        this.#waiting.delete(check);
        if (line !== undefined) resolve(line);
        else
          reject(
            new Error(`The program ended without saying ${isIt}: ${this.lines.join(' | ')} ${this.#stderr}`),
          );
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves when it has ended by itself. The test's own timeout is how long it may take. */
  ended(): Promise<End> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    if (!this.#isOver) this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/**
 * One of the process's output streams.
 *
 * Guarantees: text goes out in the order of the calls; a reader that goes away (`| head -1`) aborts {@link Output.gone}
 * and raises nothing. It does not hold back a caller of `write`; `print` does, for long output.
 */
export class Output {
  readonly #stream: WriteStream;
  readonly #gone = new AbortController();

  constructor(stream: WriteStream) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EPIPE: the reader ended. EIO: the terminal was closed.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      this.#gone.abort();
    });
  }

  /** Aborted once nobody reads this stream any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal; without one, no limit. */
  get width(): number {
    return this.isTerminal ? (this.#stream.columns ?? 80) : Number.POSITIVE_INFINITY;
  }

  /** Styled for this stream: plain where it is not a terminal or `NO_COLOR` is set. */
  paint(style: Style, text: string): string {
    return styleText(style, text, { stream: this.#stream });
  }

  write(text: string): void {
    if (!this.#gone.signal.aborted) this.#stream.write(text);
  }

  /** Writes piece by piece, never further ahead of the reader than one piece, and stops when the reader goes away. */
  async print(pieces: Iterable<string>): Promise<void> {
    for (const text of pieces) {
      if (this.#gone.signal.aborted) return;
      await new Promise((resolve) => this.#stream.write(text, resolve));
    }
  }
}

/** What a command writes to and asks the time of. */
export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  readonly now: () => Date;
}

/** A remark for whoever sits at the terminal; never part of the data, so it goes to stderr, and not into a log. */
export function remark({ err }: Terminal, text: string): void {
  if (err.isTerminal) err.write(`${err.paint('dim', text)}\n`);
}

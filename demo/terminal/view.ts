import { clockText } from '../../cli/change-printer.ts';
import type { Output } from '../../cli/output.ts';
import { cut, tableText } from '../../cli/table-printer.ts';
import type { Answers, List } from './answers.ts';
import { type Latencies, milliseconds, sharedClock } from './latencies.ts';

/** How the demo shows its answers. */
export interface View {
  /** Draws the state. `news`: an answer changed since the last drawing. */
  draw(answers: Answers, latencies: Latencies, news: boolean): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** What stands on screen besides the two lists' rows. */
export interface Legend {
  readonly title: string;
  readonly path: string;
  readonly hint: string;
}

const freshForMs = 1000;

/**
 * The answers in place on the terminal's alternate screen, what just changed in colour. `redraw` is called when colours
 * have to fade.
 */
export class ScreenView implements View {
  readonly #out: Output;
  readonly #legend: Legend;
  readonly #redraw: () => void;
  readonly #fresh = new Map<List, ReadonlyMap<unknown, 'green' | 'yellow'>>();
  #fade: NodeJS.Timeout | undefined;

  constructor(out: Output, legend: Legend, redraw: () => void) {
    this.#out = out;
    this.#legend = legend;
    this.#redraw = redraw;
    // The alternate screen, without a cursor; left again however the process ends.
    out.write('\x1b[?1049h\x1b[?25l');
    process.on('exit', this.#leave);
    process.stdout.on('resize', redraw);
  }

  draw(answers: Answers, latencies: Latencies, news: boolean): void {
    if (news) this.#remember(answers);
    const lines = this.#lines(answers, latencies).slice(0, this.#height);
    // From the top left; what is left of an older, longer line or screen is erased.
    this.#out.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  end(): void {
    clearTimeout(this.#fade);
    process.stdout.off('resize', this.#redraw);
    process.off('exit', this.#leave);
    this.#leave();
  }

  readonly #leave = () => this.#out.write('\x1b[?25h\x1b[?1049l');

  get #height(): number {
    return process.stdout.rows ?? 24;
  }

  #remember({ urgent, teams }: Answers): void {
    for (const list of [urgent, teams]) {
      const fresh = new Map<unknown, 'green' | 'yellow'>();
      for (const change of list.changes) {
        if (change.type === 'delete') continue;
        fresh.set(change.row[list.columns[0] ?? ''], change.type === 'insert' ? 'green' : 'yellow');
      }
      this.#fresh.set(list, fresh);
    }
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => {
      this.#fresh.clear();
      this.#redraw();
    }, freshForMs);
  }

  #lines(answers: Answers, latencies: Latencies): string[] {
    const { urgent, teams, total, lastWrite } = answers;
    const { title, path, hint } = this.#legend;
    const bold = (text: string) => this.#out.paint('bold', cut(text, this.#out.width));
    const below = [
      `${total.open.toLocaleString('en')} of ${total.issues.toLocaleString('en')} issues are open`,
      lastWrite === null ? 'No commit yet' : `Commit ${lastWrite.commit}: ${lastWrite.what}`,
      `From commit to screen: last ${milliseconds(latencies.last)}, median ${milliseconds(latencies.quantile(0.5))}, p99 ${milliseconds(latencies.quantile(0.99))}`,
    ];
    const hintHeight = Math.ceil(hint.length / this.#out.width) + 2;
    const fixed = 2 + 3 + 3 + teams.rows.length + below.length + hintHeight;
    const blank = this.#height >= fixed + urgent.rows.length + 4 ? [''] : [];
    const rowsOfUrgent = Math.max(1, this.#height - fixed - 4 * blank.length);
    return [
      bold(title),
      cut(path, this.#out.width),
      ...blank,
      bold(urgent.heading),
      ...this.#table(urgent, rowsOfUrgent),
      ...blank,
      bold(teams.heading),
      ...this.#table(teams, teams.rows.length),
      ...blank,
      ...below.map((line) => cut(line, this.#out.width)),
      ...blank,
      'Look at the same file from a second terminal (Ctrl-C ends this one):',
      // Not cut, so that it can be copied; the terminal wraps it.
      hint,
    ];
  }

  #table(list: List, most: number): string[] {
    const rows = [...list.rows].slice(0, most);
    const values = rows.map((row) => list.columns.map((name) => row[name] ?? null));
    const table = [...tableText(list.columns, values, this.#out)].join('').trimEnd().split('\n');
    const fresh = this.#fresh.get(list);
    const headLines = 2;
    return table.map((text, nth) =>
      this.#tint(text, fresh?.get(rows[nth - headLines]?.[list.columns[0] ?? ''])),
    );
  }

  #tint(text: string, colour: 'green' | 'yellow' | undefined): string {
    return colour === undefined ? text : this.#out.paint(colour, text);
  }
}

/** A line for each drawing, where there is no terminal to draw on. */
export class LineView implements View {
  readonly #out: Output;
  readonly #now: () => Date;

  constructor(out: Output, legend: Legend, now: () => Date) {
    this.#out = out;
    this.#now = now;
    out.write(`${legend.title}\n${legend.path}\n`);
  }

  draw({ urgent, teams, total, lastWrite }: Answers, latencies: Latencies, news: boolean): void {
    if (!news) return;
    const latency = lastWrite && latencies.until(lastWrite.commit, sharedClock());
    const parts = [
      lastWrite === null ? 'first answers' : `commit ${lastWrite.commit}: ${lastWrite.what}`,
      ...(latency == null ? [] : [`on screen after ${milliseconds(latency)}`]),
      ...[summary('urgent', urgent), summary('teams', teams)].filter((text) => text !== ''),
      `${total.open} of ${total.issues} open`,
    ];
    this.#out.write(`${clockText(this.#now())}  ${parts.join(' | ')}\n`);
  }

  end(): void {}
}

/** `urgent +1 -1 ~2`; empty when nothing changed. */
function summary(name: string, { changes }: List): string {
  const counts = (['insert', 'delete', 'update'] as const)
    .map(
      (type, nth) => [['+', '-', '~'][nth], changes.filter((change) => change.type === type).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([sign, count]) => `${sign}${count}`);
  return counts.length === 0 ? '' : `${name} ${counts.join(' ')}`;
}

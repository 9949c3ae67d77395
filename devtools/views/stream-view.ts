import type { DatabaseSync } from '../../core/database-sync.ts';
import type { Database } from '../../core/remote/database.ts';
import { ChangeFeed, gap, type StreamEntry } from '../change-feed.ts';
import { element, KeyedList, setAttribute, setText } from '../dom.ts';
import { plural } from '../format.ts';
import { commitEntry, gapEntry } from './stream-entries.ts';
import type { View } from './view.ts';

const maxEntries = 500;
const maxRowChanges = 20_000;
const allTables = '';

/** Commits as they come, the latest first; recorded only while this is seen. */
export class StreamView implements View {
  readonly element: HTMLElement;
  readonly #db: DatabaseSync | Database;
  readonly #intervalMs: number;
  readonly #pause: HTMLElement;
  readonly #filter = element('select', { change: () => this.#render() }, option(allTables, 'All tables'));
  readonly #count = element('span', { class: 'muted' });
  readonly #empty = element('p', { class: 'empty' });
  readonly #list = element('ol', { class: 'entries', 'aria-label': 'Commits, the latest first' });
  readonly #views: KeyedList<StreamEntry, StreamEntry>;
  readonly #tables = new Set<string>();
  #entries: StreamEntry[] = [];
  #feed: ChangeFeed | undefined;
  #isPaused = false;

  constructor(db: DatabaseSync | Database, intervalMs: number) {
    this.#db = db;
    this.#intervalMs = intervalMs;
    this.#views = new KeyedList(
      this.#list,
      (entry) => entry,
      (entry) => ({
        element: entry.kind === 'commit' ? commitEntry(entry.event, entry.at) : gapEntry(entry),
        update: () => {},
      }),
    );
    const button = (name: string, click: () => void): HTMLElement =>
      element('button', { type: 'button', class: 'quiet', click }, name);
    this.#pause = button('Pause', () => this.#setPaused(!this.#isPaused));
    this.element = element(
      'div',
      { class: 'column' },
      element(
        'div',
        { class: 'bar' },
        this.#pause,
        button('Clear', () => this.#clear()),
        element('label', {}, 'Table ', this.#filter),
        this.#count,
      ),
      element('div', { class: 'scroll' }, this.#list, this.#empty),
    );
    this.#render();
  }

  show(): void {
    if (this.#feed) return;
    if (this.#entries.length > 0) this.#take([gap('Not recorded in between.')]);
    this.#feed = new ChangeFeed(this.#db, {
      intervalMs: this.#intervalMs,
      onEntries: (entries) => this.#take(entries),
    });
    this.#feed.isPaused = this.#isPaused;
  }

  hide(): void {
    this.#feed?.stop();
    this.#feed = undefined;
  }

  update(): void {}

  #setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (this.#feed) this.#feed.isPaused = isPaused;
    setText(this.#pause, isPaused ? 'Resume' : 'Pause');
    this.#render();
  }

  #clear(): void {
    this.#entries = [];
    this.#render();
  }

  #take(entries: readonly StreamEntry[]): void {
    this.#entries.push(...entries);
    let rows = 0;
    // The latest ones stay, as many as there is room for.
    const from = this.#entries.findLastIndex((entry, at) => {
      rows += entry.kind === 'commit' ? entry.event.row_changes.length : 0;
      return rows > maxRowChanges || this.#entries.length - at > maxEntries;
    });
    this.#entries.splice(0, from + 1);
    for (const entry of entries) {
      if (entry.kind === 'commit') for (const { table } of entry.event.table_changes) this.#offer(table);
    }
    this.#render();
  }

  #offer(table: string): void {
    if (this.#tables.has(table)) return;
    this.#tables.add(table);
    const after = [...this.#filter.options].find(({ value }) => value > table);
    this.#filter.add(option(table, table), after ?? null);
  }

  #render(): void {
    const table = this.#filter.value;
    const shown = this.#entries.filter(
      (entry) =>
        table === allTables ||
        entry.kind === 'gap' ||
        entry.event.table_changes.some((change) => change.table === table),
    );
    this.#views.update(shown.toReversed());
    setAttribute(this.#list, 'hidden', shown.length === 0);
    setAttribute(this.#empty, 'hidden', shown.length > 0);
    setText(
      this.#empty,
      this.#isPaused ? 'Paused.' : 'No commits yet. They are recorded while this is seen.',
    );
    setText(this.#count, `${plural(shown.length, 'commit')}${this.#isPaused ? ', paused' : ''}`);
  }
}

function option(value: string, text: string): HTMLOptionElement {
  return element('option', { value }, text);
}

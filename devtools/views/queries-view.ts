import type { Inspection, LiveQueryInfo } from '../../reactive/inspect/inspection.ts';
import { element, KeyedList, setAttribute, setText } from '../dom.ts';
import { formatCount, plural } from '../format.ts';
import { type Column, columns } from './query-columns.ts';
import { QueryDetails } from './query-details.ts';
import { QueryRow } from './query-row.ts';
import type { View } from './view.ts';

/** The open live queries, one of them in detail. */
export class QueriesView implements View {
  readonly element: HTMLElement;
  readonly #summary = element('p', { class: 'summary' });
  readonly #empty = element('p', { class: 'empty' }, 'No live query is open.');
  readonly #headings = new Map<Column, HTMLElement>();
  readonly #body = element('tbody', { keydown: (event: KeyboardEvent) => this.#move(event) });
  readonly #table: HTMLElement;
  readonly #list = element('div', { class: 'scroll list', tabindex: -1 });
  readonly #rows: KeyedList<number, LiveQueryInfo>;
  readonly #details = new QueryDetails(() => this.#leaveDetails());
  #queries: readonly LiveQueryInfo[] = [];
  #selected: number | null = null;
  #sort: { readonly column: Column; readonly descending: boolean } | null = null;

  constructor() {
    this.#rows = new KeyedList(
      this.#body,
      ({ id }) => id,
      (query) => new QueryRow(query, () => this.#select(query.id)),
    );
    this.#table = element(
      'table',
      {},
      element('caption', { class: 'hidden' }, 'Open live queries'),
      element('thead', {}, element('tr', {}, ...columns.map((column) => this.#heading(column)))),
      this.#body,
    );
    this.#list.append(this.#summary, this.#table, this.#empty);
    this.element = element('div', { class: 'split' }, this.#list, this.#details.element);
  }

  show(): void {}

  hide(): void {}

  update({ queries, metrics, totals }: Inspection): void {
    const open = metrics.live_incremental_count + metrics.live_reevaluated_count;
    const perCommit =
      totals.commits === 0 ? '' : `, ${(totals.visits / totals.commits).toFixed(2)} visits each`;
    setText(
      this.#summary,
      `${plural(open, 'live query', 'live queries')}, ${formatCount(metrics.live_reevaluated_count)} re-evaluated; ` +
        `${plural(metrics.live_state_rows, 'row')} held; ${plural(totals.commits, 'commit')}${perCommit}` +
        (queries.length < open ? `; the ${queries.length} that cost the most` : ''),
    );
    this.#queries = queries;
    this.#render();
  }

  #render(): void {
    const queries = this.#sorted();
    setAttribute(this.#table, 'hidden', queries.length === 0);
    setAttribute(this.#empty, 'hidden', queries.length > 0);
    this.#rows.update(queries);
    for (const [column, heading] of this.#headings) {
      const { column: by = null, descending = false } = this.#sort ?? {};
      setAttribute(heading, 'aria-sort', by !== column ? 'none' : descending ? 'descending' : 'ascending');
    }
    const selected = this.#queries.find(({ id }) => id === this.#selected);
    this.#details.update(selected, this.#selected !== null);
    setAttribute(this.element, 'data-details', this.#selected !== null);
    // One stop for Tab, whichever is selected; arrows go on from there.
    const stop = selected?.id ?? queries[0]?.id;
    for (const { id } of queries) {
      const row = this.#rows.get(id) as QueryRow;
      row.mark(id === this.#selected, id === stop);
    }
  }

  #sorted(): readonly LiveQueryInfo[] {
    const sort = this.#sort;
    if (!sort) return this.#queries;
    const { compare } = sort.column;
    return this.#queries.toSorted((a, b) => (sort.descending ? compare(b, a) : compare(a, b)));
  }

  #heading(column: Column): HTMLElement {
    const button = element('button', { type: 'button', click: () => this.#sortBy(column) }, column.name);
    const heading = element('th', { scope: 'col', class: column.style }, button);
    this.#headings.set(column, heading);
    return heading;
  }

  /** Figures from the greatest, texts from A; at the third time as they were opened. */
  #sortBy(column: Column): void {
    const first = column.style.includes('figure');
    const sort = this.#sort;
    if (sort?.column !== column) this.#sort = { column, descending: first };
    else this.#sort = sort.descending === first ? { column, descending: !first } : null;
    this.#render();
  }

  #select(id: number): void {
    this.#selected = this.#selected === id ? null : id;
    this.#render();
    if (this.#selected !== null) this.#details.arrive();
  }

  #leaveDetails(): void {
    const id = this.#selected;
    this.#selected = null;
    this.#render();
    const row = id === null ? undefined : this.#rows.get(id);
    if (row) (row as QueryRow).focus();
    else this.#list.focus();
  }

  #move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...this.#body.querySelectorAll('button')];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)]?.focus();
  }
}

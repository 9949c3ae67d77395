import type { LiveQueryInfo } from '../../reactive/inspect/inspection.ts';
import type { LiveExplain } from '../../reactive/live-explain.ts';
import { element, setAttribute, setText } from '../dom.ts';
import { explainTree, facts } from '../explain-tree.ts';
import { formatCount, formatMs, formatParams } from '../format.ts';

/** All that is known of one query. */
export class QueryDetails {
  readonly element: HTMLElement;
  readonly #close: HTMLElement;
  readonly #sql = element('pre', { class: 'code', tabindex: 0, 'aria-label': 'SQL' });
  readonly #params = element('p', { class: 'given' });
  readonly #counters = element('div');
  readonly #plan = element('div');
  #shownCounters = '';
  #explained: LiveExplain | undefined;

  constructor(close: () => void) {
    this.#close = element('button', { type: 'button', class: 'quiet', click: close }, 'Close details');
    this.element = element(
      'section',
      {
        class: 'scroll details',
        'aria-label': 'Details of the query',
        hidden: true,
        keydown: (event: KeyboardEvent) => {
          if (event.key !== 'Escape') return;
          // The panel stays open.
          event.preventDefault();
          close();
        },
      },
      element('div', { class: 'bar' }, element('h3', {}, 'Query'), this.#close),
      this.#sql,
      this.#params,
      this.#counters,
      element('h3', {}, 'How it is kept fresh'),
      this.#plan,
    );
  }

  /** The keyboard goes on from here. */
  arrive(): void {
    this.#close.focus();
  }

  /** A query that has ended is shown as it was. */
  update(query: LiveQueryInfo | undefined, isSelected: boolean): void {
    setAttribute(this.element, 'hidden', !isSelected);
    if (!query) return;
    setText(this.#sql, query.sql.trim());
    const given = formatParams(query.params);
    setText(this.#params, given && `Parameters: ${given}`);
    const counters = countersOf(query);
    // Whoever has selected some of it wants to copy it.
    if (String(counters) !== this.#shownCounters) this.#counters.replaceChildren(facts(counters));
    this.#shownCounters = String(counters);
    if (String(this.#explained) !== String(query.explain))
      this.#plan.replaceChildren(explainTree(query.explain));
    this.#explained = query.explain;
  }
}

function countersOf(query: LiveQueryInfo): (readonly [string, string])[] {
  return [
    ['Rows', formatCount(query.rows)],
    ['Rows held', formatCount(query.stateRows)],
    ['Subscribers', formatCount(query.subscribers)],
    ['Visits', formatCount(query.visits)],
    ['Last visit, ms', formatMs(query.lastCommitMs)],
    ['All visits, ms', formatMs(query.totalMs)],
    ['First answer, ms', formatMs(query.hydrateMs)],
  ];
}

import type { Inspection, SlowQuery } from '../../reactive/inspect/inspection.ts';
import { element, KeyedList, setAttribute, setText } from '../dom.ts';
import { explainTree } from '../explain-tree.ts';
import { formatMs, formatParams, formatTime, shortSql } from '../format.ts';
import type { View } from './view.ts';

/** Live queries that took long once, the latest first. */
export class SlowView implements View {
  readonly element: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #list = element('ol', { class: 'entries', 'aria-label': 'Slow queries' });
  readonly #entries: KeyedList<string, SlowQuery>;

  constructor(slowMs: number) {
    this.#empty = element('p', { class: 'empty' }, `No live query has taken ${slowMs} ms or longer.`);
    this.#entries = new KeyedList(
      this.#list,
      ({ at, lsn, sql, ms }) => `${at} ${lsn} ${ms} ${sql}`,
      (slow) => ({ element: entry(slow), update: () => {} }),
    );
    this.element = element('div', { class: 'scroll' }, this.#list, this.#empty);
  }

  show(): void {}

  hide(): void {}

  update({ slow }: Inspection): void {
    setAttribute(this.#empty, 'hidden', slow.length > 0);
    setAttribute(this.#list, 'hidden', slow.length === 0);
    this.#entries.update(slow.toReversed());
  }
}

function entry({ sql, params, during, ms, at, explain }: SlowQuery): HTMLElement {
  const body = element('div', { class: 'entry-body' });
  const fill = (): void => {
    if (body.hasChildNodes()) return;
    const given = formatParams(params);
    body.append(
      element('pre', { class: 'code', tabindex: 0, 'aria-label': 'SQL' }, sql.trim()),
      element('p', { class: 'given' }, given && `Parameters: ${given}`),
      explainTree(explain),
    );
  };
  const took = element('span', { class: 'took' });
  setText(took, `${formatMs(ms)} ms`);
  return element(
    'li',
    {},
    element(
      'details',
      { toggle: fill },
      element(
        'summary',
        {},
        took,
        element('span', { class: 'badge' }, during === 'hydration' ? 'first answer' : 'at a commit'),
        element('span', { class: 'text', title: shortSql(sql) }, shortSql(sql)),
        element('time', {}, formatTime(at)),
      ),
      body,
    ),
  );
}

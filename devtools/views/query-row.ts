import type { LiveQueryInfo } from '../../reactive/inspect/inspection.ts';
import { element, type ItemView, setAttribute, setText } from '../dom.ts';
import { formatCount, formatMs, formatParams, shortSql } from '../format.ts';
import { tierBadge } from '../tier-badge.ts';

/** One query in the table; its SQL is the button that selects it. */
export class QueryRow implements ItemView<LiveQueryInfo> {
  readonly element: HTMLElement;
  readonly #button: HTMLElement;
  readonly #tier = element('td');
  readonly #rows = element('td', { class: 'figure rows' });
  readonly #visits = element('td', { class: 'figure' });
  readonly #last = element('td', { class: 'figure' });
  readonly #total = element('td', { class: 'figure wide' });
  #shownTier = '';

  constructor({ sql, params }: LiveQueryInfo, select: () => void) {
    const text = shortSql(sql);
    const given = formatParams(params);
    this.#button = element(
      'button',
      { type: 'button', title: text, click: select },
      element('span', {}, text),
    );
    this.element = element(
      'tr',
      {},
      element('th', { scope: 'row', class: 'sql' }, this.#button),
      element('td', { class: 'params wide', title: given || null }, given),
      this.#tier,
      this.#rows,
      this.#visits,
      this.#last,
      this.#total,
    );
  }

  update({ tier, reason, rows, visits, lastCommitMs, totalMs }: LiveQueryInfo): void {
    const badge = `${tier} ${reason}`;
    if (badge !== this.#shownTier) this.#tier.replaceChildren(tierBadge({ tier, ...(reason && { reason }) }));
    this.#shownTier = badge;
    setText(this.#rows, formatCount(rows));
    setText(this.#visits, formatCount(visits));
    const isMeasured = lastCommitMs > 0 || totalMs > 0;
    setText(this.#last, isMeasured ? formatMs(lastCommitMs) : '');
    setText(this.#total, isMeasured ? formatMs(totalMs) : '');
  }

  mark(isSelected: boolean, isStop: boolean): void {
    setAttribute(this.element, 'class', isSelected ? 'selected' : null);
    setAttribute(this.#button, 'aria-pressed', String(isSelected));
    setAttribute(this.#button, 'tabindex', isStop ? 0 : -1);
  }

  focus(): void {
    this.#button.focus();
  }
}

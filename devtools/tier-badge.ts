import type { LiveExplain } from '../reactive/live-explain.ts';
import { element } from './dom.ts';

/** The tier in a word; the reason for the second one is its title, and told to those who can't see that. */
export function tierBadge({ tier, reason }: Pick<LiveExplain, 'tier' | 'reason'>): HTMLElement {
  const title = reason === undefined ? null : `${tier}: ${reason}`;
  return element(
    'span',
    { class: `badge ${tier}`, title },
    tier,
    reason === undefined ? null : element('span', { class: 'hidden' }, `: ${reason}`),
  );
}

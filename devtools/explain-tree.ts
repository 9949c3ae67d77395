import type { ExplainNode, LiveExplain } from '../reactive/live-explain.ts';
import { element } from './dom.ts';

/** How an answer is kept fresh: facts, and the plan as a tree. */
export function explainTree({ tier, reason, tables, rowKey, order, plan }: LiveExplain): HTMLElement {
  return element(
    'div',
    { class: 'explain' },
    facts([
      ['Tier', tier],
      ['Reason', reason],
      ['Tables', tables.join(', ') || 'none'],
      ['Row key', rowKey],
      ['Order', order],
    ]),
    plan ? element('ul', { class: 'tree' }, branch(plan)) : null,
  );
}

/** Names and values; a value that is undefined is left out. */
export function facts(entries: readonly (readonly [name: string, value: string | undefined])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    ...entries.flatMap(([name, value]) =>
      value === undefined
        ? []
        : [element('div', {}, element('dt', {}, name), element('dd', {}, value || '–'))],
    ),
  );
}

function branch({ text, children }: ExplainNode): HTMLElement {
  return element(
    'li',
    {},
    text,
    children.length > 0 ? element('ul', {}, ...children.map((child) => branch(child))) : null,
  );
}

import type { ExplainNode, LiveExplain } from 'freshet/reactive';

/** What `explain()` says besides the tier, as a list of facts and a tree. */
export function drawExplanation(parent: HTMLElement, explain: LiveExplain): void {
  const facts = document.createElement('dl');
  const fact = (name: string, value: string): void => {
    const term = document.createElement('dt');
    term.textContent = name;
    const description = document.createElement('dd');
    description.textContent = value;
    facts.append(term, description);
  };
  if (explain.reason !== undefined) fact('because', explain.reason);
  fact('tables', explain.tables.join(', ') || 'none');
  fact('row key', explain.rowKey);
  fact('order', explain.order);
  parent.replaceChildren(facts);
  if (explain.plan) parent.append(drawPlan([explain.plan]));
}

function drawPlan(nodes: readonly ExplainNode[]): HTMLElement {
  const list = document.createElement('ul');
  for (const { text, children } of nodes) {
    const item = document.createElement('li');
    item.textContent = text;
    if (children.length > 0) item.append(drawPlan(children));
    list.append(item);
  }
  return list;
}

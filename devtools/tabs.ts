import type { Inspection } from '../reactive/inspect/inspection.ts';
import { element, setAttribute } from './dom.ts';
import type { View } from './views/view.ts';

export interface Tab {
  readonly name: string;
  readonly view: View;
}

/** Tabs by the pattern of the ARIA practices: one stop for Tab, arrows select. */
export class Tabs {
  readonly list: HTMLElement;
  readonly panels: readonly HTMLElement[];
  readonly #tabs: readonly Tab[];
  readonly #buttons: readonly HTMLElement[];
  #selected = 0;
  #isShown = false;
  #latest: Inspection | undefined;

  constructor(tabs: readonly Tab[]) {
    this.#tabs = tabs;
    this.#buttons = tabs.map(({ name }, at) =>
      element(
        'button',
        {
          type: 'button',
          role: 'tab',
          id: `tab-${name}`,
          'aria-controls': `panel-${name}`,
          click: () => this.#select(at),
        },
        name,
      ),
    );
    this.panels = tabs.map(({ name, view }) =>
      element(
        'div',
        { role: 'tabpanel', id: `panel-${name}`, 'aria-labelledby': `tab-${name}`, class: 'panel' },
        view.element,
      ),
    );
    this.list = element(
      'div',
      { role: 'tablist', 'aria-label': 'Views', keydown: (event: KeyboardEvent) => this.#move(event) },
      ...this.#buttons,
    );
    this.#mark();
  }

  show(): void {
    this.#isShown = true;
    this.#view?.show();
  }

  hide(): void {
    this.#isShown = false;
    this.#view?.hide();
  }

  /** The figures go to the view that is seen, at once or when it is. */
  update(inspection: Inspection): void {
    this.#latest = inspection;
    this.#view?.update(inspection);
  }

  get #view(): View | undefined {
    return this.#tabs[this.#selected]?.view;
  }

  focus(): void {
    this.#buttons[this.#selected]?.focus();
  }

  #select(at: number): void {
    if (at === this.#selected) return;
    if (this.#isShown) this.#view?.hide();
    this.#selected = at;
    this.#mark();
    if (this.#latest) this.#view?.update(this.#latest);
    if (this.#isShown) this.#view?.show();
  }

  #mark(): void {
    for (const [at, button] of this.#buttons.entries()) {
      const isSelected = at === this.#selected;
      setAttribute(button, 'aria-selected', String(isSelected));
      setAttribute(button, 'tabindex', isSelected ? 0 : -1);
      setAttribute(this.panels[at] as HTMLElement, 'hidden', !isSelected);
    }
  }

  #move(event: KeyboardEvent): void {
    const count = this.#tabs.length;
    const next = {
      ArrowRight: (this.#selected + 1) % count,
      ArrowLeft: (this.#selected + count - 1) % count,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.#select(next);
    this.focus();
  }
}

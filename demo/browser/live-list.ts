import type { RowDelta } from 'freshet/reactive';

export interface RowView<T> {
  make(): HTMLElement;
  /** Also called when a row is replaced by a newer one. */
  fill(element: HTMLElement, row: T): void;
}

/**
 * The rows of a live query as the children of an element. It touches the elements of rows that changed and no others.
 * Relies on row identity: a row is known by the object that it is, for as long as it doesn't change.
 */
export class LiveList<T extends object> {
  readonly #parent: HTMLElement;
  readonly #view: RowView<T>;
  readonly #elements = new Map<T, HTMLElement>();

  constructor(parent: HTMLElement, view: RowView<T>) {
    this.#parent = parent;
    this.#view = view;
  }

  /** Takes in what one emission of `changes` tells. An index counts in the list as the changes before left it. */
  apply(changes: readonly RowDelta<T>[]): void {
    for (const change of changes) {
      if (change.type === 'insert') this.#insert(change.row, change.index);
      else if (change.type === 'delete') this.#delete(change.row);
      else this.#update(change);
    }
  }

  /** For a new subscription, which begins with the whole answer. */
  clear(): void {
    this.#elements.clear();
    this.#parent.replaceChildren();
  }

  #insert(row: T, index: number): void {
    const element = this.#view.make();
    this.#view.fill(element, row);
    this.#elements.set(row, element);
    this.#place(element, index);
  }

  #delete(row: T): void {
    const element = this.#take(row);
    const neighbour = element.nextElementSibling ?? element.previousElementSibling;
    const hadFocus = element.contains(document.activeElement);
    element.remove();
    // So that who works by keyboard isn't thrown back to the top of the page.
    if (hadFocus) (neighbour?.querySelector('button') ?? this.#parent).focus();
  }

  #update({ row, previous, previousIndex, index }: Extract<RowDelta<T>, { type: 'update' }>): void {
    const element = this.#take(previous);
    this.#elements.set(row, element);
    if (row !== previous) this.#view.fill(element, row);
    if (index === previousIndex) return;
    element.remove();
    this.#place(element, index);
  }

  #place(element: HTMLElement, index: number): void {
    this.#parent.insertBefore(element, this.#parent.children[index] ?? null);
  }

  #take(row: T): HTMLElement {
    const element = this.#elements.get(row);
    if (!element) throw new Error(`No element shows the row ${JSON.stringify(row)}`);
    this.#elements.delete(row);
    return element;
  }
}

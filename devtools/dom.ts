type Listener = (event: never) => void;
export type Attributes = Readonly<Record<string, string | number | boolean | Listener | null>>;
export type Child = Node | string | null;

/** An element; `true` is an attribute without a value, `false` and null none, a function listens. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value as EventListener);
    else setAttribute(made, name, value);
  }
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/** Touches the page only where something is new. */
export function setAttribute(node: Element, name: string, value: string | number | boolean | null): void {
  if (value === null || value === false) {
    node.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** What is shown for one item. */
export interface ItemView<T> {
  readonly element: HTMLElement;
  update(item: T): void;
}

/** A list in which an item keeps its element, and the focus that is in it, for as long as it is there. */
export class KeyedList<K, T> {
  readonly #parent: HTMLElement;
  readonly #keyOf: (item: T) => K;
  readonly #make: (item: T) => ItemView<T>;
  #views = new Map<K, ItemView<T>>();

  constructor(parent: HTMLElement, keyOf: (item: T) => K, make: (item: T) => ItemView<T>) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  get(key: K): ItemView<T> | undefined {
    return this.#views.get(key);
  }

  update(items: readonly T[]): void {
    const before = this.#views;
    const root = this.#parent.getRootNode();
    const focused = root instanceof ShadowRoot ? root.activeElement : null;
    this.#views = new Map();
    for (const item of items) {
      const key = this.#keyOf(item);
      const view = before.get(key) ?? this.#make(item);
      this.#views.set(key, view);
      view.update(item);
    }
    for (const [key, { element: gone }] of before) if (!this.#views.has(key)) gone.remove();
    let place = this.#parent.firstElementChild;
    for (const { element: here } of this.#views.values()) {
      if (here === place) place = place.nextElementSibling;
      else this.#parent.insertBefore(here, place);
    }
    // To move an element is to take its focus.
    if (focused instanceof HTMLElement && this.#parent.contains(focused)) focused.focus();
  }
}

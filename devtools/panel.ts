import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import { type Inspector, inspect } from '../reactive/inspect.ts';
import { element, setAttribute, setText } from './dom.ts';
import { messageOf } from './format.ts';
import { resizer } from './resizer.ts';
import { Tabs } from './tabs.ts';
import { QueriesView } from './views/queries-view.ts';
import { SlowView } from './views/slow-view.ts';
import { StreamView } from './views/stream-view.ts';

export interface PanelOptions {
  readonly intervalMs: number;
  readonly slowMs: number;
  readonly height: number;
}

/**
 * The panel itself. While it is closed, nothing is measured, read or written on the page; while the page is hidden,
 * nothing is read.
 */
export class Panel {
  readonly element: HTMLElement;
  readonly #db: DatabaseSync | Database;
  readonly #options: PanelOptions;
  readonly #tabs: Tabs;
  readonly #problem = element('p', { class: 'problem', role: 'status', hidden: true });
  #inspector: Inspector | undefined;
  #reading: { unsubscribe(): void } | undefined;

  constructor(db: DatabaseSync | Database, options: PanelOptions, close: () => void) {
    this.#db = db;
    this.#options = options;
    this.#tabs = new Tabs([
      { name: 'Queries', view: new QueriesView() },
      { name: 'Stream', view: new StreamView(db, options.intervalMs) },
      { name: 'Slow', view: new SlowView(options.slowMs) },
    ]);
    this.element = element('section', { class: 'dock', id: 'dock', 'aria-label': 'Freshet developer tools' });
    this.element.hidden = true;
    this.element.append(
      resizer(this.element, options.height),
      element(
        'div',
        { class: 'head' },
        element('h2', {}, 'Freshet'),
        this.#tabs.list,
        element(
          'button',
          { type: 'button', class: 'quiet', 'aria-label': 'Close developer tools', click: close },
          '✕',
        ),
      ),
      this.#problem,
      ...this.#tabs.panels,
    );
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  open(): void {
    if (this.isOpen) return;
    this.element.hidden = false;
    try {
      this.#inspector = inspect(this.#db, { slowMs: this.#options.slowMs });
    } catch (error) {
      this.#tell(error);
      return;
    }
    document.addEventListener('visibilitychange', this.#read);
    this.#read();
  }

  focus(): void {
    this.#tabs.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.element.hidden = true;
    document.removeEventListener('visibilitychange', this.#read);
    this.#tabs.hide();
    this.#reading?.unsubscribe();
    this.#inspector?.close();
    this.#inspector = undefined;
  }

  /** Looks again and again, unless nobody can see it. */
  readonly #read = (): void => {
    this.#reading?.unsubscribe();
    if (document.hidden) {
      this.#tabs.hide();
      return;
    }
    this.#tabs.show();
    const { intervalMs } = this.#options;
    this.#reading = this.#inspector?.observe({ intervalMs, limit: 200 }).subscribe({
      next: (inspection) => {
        this.#tell(null);
        this.#tabs.update(inspection);
      },
      error: (error: unknown) => this.#tell(error),
      complete: () => this.#tell('The database is closed.'),
    });
  };

  #tell(problem: unknown): void {
    setText(this.#problem, problem === null ? '' : messageOf(problem));
    setAttribute(this.#problem, 'hidden', problem === null);
  }
}

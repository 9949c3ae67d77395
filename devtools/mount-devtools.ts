import { numberFrom, readOptions, requireBoolean, requireText } from '../core/arguments.ts';
import type { DatabaseSync } from '../core/database-sync.ts';
import type { Database } from '../core/remote/database.ts';
import { requireDatabase } from '../core/require-database.ts';
import { element, setAttribute } from './dom.ts';
import { Panel } from './panel.ts';
import { shortcutMatcher } from './shortcut.ts';
import { adoptStyle } from './style.ts';

/** What `mountDevtools` takes beside the database. */
export interface DevtoolsOptions {
  /** Where its element is put: the body by default. */
  readonly parent?: HTMLElement;
  /** Whether it is open at once: false by default. */
  readonly open?: boolean;
  /** Opens and closes it: `Ctrl+Alt+F` by default; null for none. */
  readonly shortcut?: string | null;
  /** Whether the button is there that opens it: true by default. */
  readonly button?: boolean;
  /** The panel's height in pixels: 320 by default, and never more than most of the page's. */
  readonly height?: number;
  /** The time between two looks while it is open, in milliseconds: 500 by default, at least 100. */
  readonly intervalMs?: number;
  /** From how many milliseconds on a live query is slow: 16 by default. */
  readonly slowMs?: number;
}

const known = ['parent', 'open', 'shortcut', 'button', 'height', 'intervalMs', 'slowMs'] as const;

function checkOptions({ open, button, height, intervalMs, slowMs, shortcut }: DevtoolsOptions): void {
  if (open !== undefined) requireBoolean(open, 'open');
  if (button !== undefined) requireBoolean(button, 'button');
  for (const [name, value] of Object.entries({ height, intervalMs, slowMs })) {
    if (value !== undefined) numberFrom(value, name, 0);
  }
  if (shortcut !== undefined && shortcut !== null) requireText(shortcut, 'shortcut');
}

/**
 * Puts a panel at the foot of the page that shows the live queries of a database, its commits, and what was slow.
 * It does nothing while it is closed. The result takes it away.
 * @throws InterfaceError when the shortcut can't be read.
 */
export function mountDevtools(db: DatabaseSync | Database, given?: DevtoolsOptions): () => void {
  requireDatabase(db);
  const options = readOptions(given, 'options', known);
  checkOptions(options);
  const { parent = document.body, shortcut = 'Ctrl+Alt+F', height = 320, slowMs = 16 } = options;
  const isShortcut = shortcut === null ? () => false : shortcutMatcher(shortcut);
  const intervalMs = Math.max(100, options.intervalMs ?? 500);

  const host = element('freshet-devtools' as 'div');
  const root = host.attachShadow({ mode: 'open' });
  adoptStyle(root);
  const close = (): void => {
    const hadFocus = root.activeElement !== null;
    panel.close();
    mark();
    if (hadFocus) launcher.focus();
  };
  const open = (): void => {
    panel.open();
    mark();
    panel.focus();
  };
  const toggle = (): void => (panel.isOpen ? close() : open());
  const panel = new Panel(db, { intervalMs, slowMs, height }, close);
  const launcher = element(
    'button',
    {
      type: 'button',
      class: 'launcher',
      'aria-controls': 'dock',
      title: shortcut === null ? null : `Freshet developer tools (${shortcut})`,
      click: toggle,
    },
    'Freshet',
  );
  const mark = (): void => {
    setAttribute(launcher, 'aria-expanded', String(panel.isOpen));
    launcher.hidden = panel.isOpen || options.button === false;
  };
  const onKey = (event: KeyboardEvent): void => {
    if (!isShortcut(event)) return;
    event.preventDefault();
    toggle();
  };
  panel.element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    close();
  });

  root.append(launcher, panel.element);
  if (options.open) panel.open();
  mark();
  window.addEventListener('keydown', onKey);
  parent.append(host);
  return () => {
    window.removeEventListener('keydown', onKey);
    panel.close();
    host.remove();
  };
}

import { useEffect, useRef } from 'react';

/** Keys by name, as `c`, `Shift+?`, `Mod+z`, or two after one another as `g i`. `Mod` is Ctrl, or Command on a Mac. */
export type Hotkeys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const patienceMs = 1200;

/**
 * Listens while the component is shown. What the focus is in takes its keys first: plain keys are left to fields, and
 * everything to an open dialog or menu.
 */
export function useHotkeys(hotkeys: Hotkeys): void {
  const latest = useRef(hotkeys);
  useEffect(() => {
    latest.current = hotkeys;
  });
  useEffect(() => {
    let before: { readonly key: string; readonly at: number } | null = null;
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTaken(event)) return;
      const key = nameOf(event);
      const sequence = before && event.timeStamp - before.at < patienceMs ? `${before.key} ${key}` : null;
      const run = (sequence !== null ? latest.current[sequence] : undefined) ?? latest.current[key];
      before = { key, at: event.timeStamp };
      if (!run) return;
      before = null;
      event.preventDefault();
      run(event);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function nameOf(event: KeyboardEvent): string {
  const isMod = event.ctrlKey || event.metaKey;
  // A sign such as ? has its shift in it.
  const isShifted = event.shiftKey && (event.key.length > 1 || /\p{L}/u.test(event.key));
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return `${isMod ? 'Mod+' : ''}${event.altKey ? 'Alt+' : ''}${isShifted ? 'Shift+' : ''}${key}`;
}

function isTaken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest('[role="dialog"]:not(.issue-detail), [role="menu"], .cm-editor')) return true;
  const isField = target.closest('input, textarea, select, [contenteditable="true"]') !== null;
  return isField && event.key.length === 1;
}

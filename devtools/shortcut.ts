import { InterfaceError } from '../core/errors.ts';

const modifiers = ['ctrl', 'alt', 'shift', 'meta'] as const;

/** Whether an event is this shortcut, written as `Ctrl+Alt+F`. @throws InterfaceError when it can't be read. */
export function shortcutMatcher(shortcut: string): (event: KeyboardEvent) => boolean {
  const parts = shortcut.split('+').map((part) => part.trim().toLowerCase());
  const key = parts.at(-1) ?? '';
  const held = new Set(parts.slice(0, -1));
  const isKnown = [...held].every((part) => (modifiers as readonly string[]).includes(part));
  if (key === '' || !isKnown) {
    throw new InterfaceError(`${shortcut} is no shortcut: write it as Ctrl+Alt+F.`, {
      code: 'CONFIG',
      subcode: 'config.option',
    });
  }
  // With Alt held, a letter may type another character: the place of its key tells.
  const code = /^[a-z]$/.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : null;
  return (event) =>
    modifiers.every((modifier) => event[`${modifier}Key`] === held.has(modifier)) &&
    // AltGr counts as Ctrl and Alt, and types characters.
    !event.getModifierState('AltGraph') &&
    (code === null ? event.key.toLowerCase() === key : event.code === code);
}

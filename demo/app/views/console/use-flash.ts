import { type RefObject, useLayoutEffect, useRef } from 'react';

export const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Lights an element up whenever `value` becomes another one; not when it appears. */
export function useFlash<E extends HTMLElement>(value: unknown): RefObject<E | null> {
  const element = useRef<E>(null);
  const shown = useRef({ value });
  const flash = useRef<Animation | undefined>(undefined);
  useLayoutEffect(() => {
    if (Object.is(shown.current.value, value)) return;
    shown.current = { value };
    if (calm.matches) return;
    // One at a time: under a flood of changes they would pile up.
    flash.current?.cancel();
    flash.current = element.current?.animate(
      [
        { backgroundColor: 'color-mix(in srgb, var(--accent) 36%, transparent)' },
        { backgroundColor: 'transparent' },
      ],
      { duration: 900, easing: 'ease-out' },
    );
  }, [value]);
  return element;
}

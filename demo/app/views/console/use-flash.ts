import { type RefObject, useLayoutEffect, useRef } from 'react';

const calm = '(prefers-reduced-motion: reduce)';

/** Lights an element up whenever `value` becomes another one; not when it appears. */
export function useFlash<E extends HTMLElement>(value: unknown): RefObject<E | null> {
  const element = useRef<E>(null);
  const shown = useRef({ value });
  useLayoutEffect(() => {
    if (Object.is(shown.current.value, value)) return;
    shown.current = { value };
    if (matchMedia(calm).matches) return;
    element.current?.animate(
      [
        { backgroundColor: 'color-mix(in srgb, var(--accent) 36%, transparent)' },
        { backgroundColor: 'transparent' },
      ],
      { duration: 900, easing: 'ease-out' },
    );
  }, [value]);
  return element;
}

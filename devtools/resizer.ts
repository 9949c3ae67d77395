import { element, setAttribute } from './dom.ts';

const step = 24;
const smallest = 120;
const page = 0.9;

/** The upper edge of a panel at the foot of the page: dragged, or moved by arrow keys. */
export function resizer(panel: HTMLElement, height: number): HTMLElement {
  const handle = element('div', {
    class: 'resizer',
    role: 'separator',
    tabindex: 0,
    'aria-orientation': 'horizontal',
    'aria-label': 'Height of the panel',
    'aria-valuemin': smallest,
  });
  let current = height;
  const largest = (): number => Math.max(smallest, Math.round(window.innerHeight * page));
  const set = (wanted: number): void => {
    current = Math.round(Math.min(Math.max(wanted, smallest), largest()));
    panel.style.setProperty('--height', `${current}px`);
    setAttribute(handle, 'aria-valuenow', current);
    setAttribute(handle, 'aria-valuemax', largest());
  };
  set(height);
  handle.addEventListener('keydown', (event) => {
    const to = {
      ArrowUp: current + step,
      ArrowDown: current - step,
      Home: smallest,
      End: Number.POSITIVE_INFINITY,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
  handle.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const edge = current + event.clientY;
    const drag = ({ clientY }: PointerEvent): void => set(edge - clientY);
    handle.addEventListener('pointermove', drag);
    handle.addEventListener('lostpointercapture', () => handle.removeEventListener('pointermove', drag), {
      once: true,
    });
  });
  return handle;
}

import { useSyncExternalStore } from 'react';

const minute = 60_000;
const units = [
  ['y', 365 * 24 * 60 * minute],
  ['mo', 30 * 24 * 60 * minute],
  ['d', 24 * 60 * minute],
  ['h', 60 * minute],
  ['m', minute],
] as const;
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

/** How long ago something was, in as few letters as can be; the date is in its title. */
export function TimeAgo({ at }: { readonly at: number }) {
  const now = useSyncExternalStore(onMinute, thisMinute);
  return (
    <time dateTime={new Date(at).toISOString()} title={full.format(at)}>
      {ago(now - at)}
    </time>
  );
}

function ago(ms: number): string {
  for (const [unit, length] of units) if (ms >= length) return `${Math.floor(ms / length)}${unit}`;
  return 'now';
}

const thisMinute = (): number => Math.floor(Date.now() / minute) * minute;

function onMinute(listener: () => void): () => void {
  const timer = setInterval(listener, minute);
  return () => clearInterval(timer);
}

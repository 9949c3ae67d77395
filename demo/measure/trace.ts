import type { CDPSession } from 'playwright-core';

export const frameMark = 'measure:frame';

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
}

/** What runs scripts. Layout that a script forces is within, and counts as its own. */
const scripts = new Set([
  'FunctionCall',
  'EvaluateScript',
  'RunMicrotasks',
  'FireAnimationFrame',
  'FireIdleCallback',
  'TimerFire',
  'EventDispatch',
  'HandlePostMessage',
]);

/** Milliseconds of script in each frame that `act` marks with {@link frameMark}, by the browser's own trace. */
export async function scriptPerFrame(session: CDPSession, act: () => Promise<void>): Promise<number[]> {
  const events: TraceEvent[] = [];
  const collect = ({ value }: { value: object[] }): void => {
    // The protocol leaves the shape of events open.
    events.push(...(value as TraceEvent[]));
  };
  session.on('Tracing.dataCollected', collect);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['devtools.timeline', 'blink.user_timing', 'v8', 'v8.execute'] },
  });
  await act();
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  session.off('Tracing.dataCollected', collect);
  return perFrame(events);
}

function perFrame(events: readonly TraceEvent[]): number[] {
  const marks = events.filter(({ name }) => name === frameMark);
  const [first] = marks;
  if (!first) throw new Error('The trace has no frames.');
  const { pid, tid } = first;
  const spans = events
    .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && scripts.has(event.name))
    .toSorted((a, b) => a.ts - b.ts);
  const starts = marks.map(({ ts }) => ts).toSorted((a, b) => a - b);
  const frames = starts.map(() => 0);
  let end = Number.NEGATIVE_INFINITY;
  let frame = 0;
  for (const { ts, dur = 0 } of spans) {
    // What is within another span is counted with it.
    const from = Math.max(ts, end);
    const to = ts + dur;
    if (to <= from) continue;
    end = to;
    while (frame + 1 < starts.length && (starts[frame + 1] ?? 0) <= from) frame += 1;
    if (from >= (starts[0] ?? 0)) frames[frame] = (frames[frame] ?? 0) + (to - from) / 1000;
  }
  return frames;
}

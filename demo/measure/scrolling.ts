import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { type Figure, quantile } from './figure.ts';
import { staticPage } from './static-page.ts';
import { frameMark, scriptPerFrame } from './trace.ts';
import { show } from './tracker.ts';

const list = '.issue-list';
const wheel = { pixels: 24_000, pixelsASecond: 4000 } as const;
const dragSeconds = 5;
const framesASecond = 60;

/** The list of all issues, scrolled by the wheel and dragged from one end to the other, beside a page without scripts. */
export async function measureScrolling(page: Page, session: CDPSession): Promise<Figure[]> {
  await show(page, '#/issues');
  await page.locator(`${list} .issue-line:not(.issue-line-skeleton)`).first().waitFor();
  await page.waitForTimeout(1000);
  const rolled = await measure(page, session, () => rollWheel(page, session));
  await page.locator(list).evaluate((element) => element.scrollTo({ top: 0 }));
  await page.waitForTimeout(1000);
  const dragged = await measure(page, session, () => drag(page));

  const context = page.context();
  const plain = await openStatic(context, await staticPage(page, list));
  const compared = await measure(plain.page, plain.session, () => rollWheel(plain.page, plain.session));
  await plain.page.close();
  return [
    ...scriptFigures('scrolling by wheel', rolled),
    {
      name: 'scrolling by wheel: dropped frames',
      value: rolled.dropped,
      unit: '',
      aim: compared.dropped,
      note: `of ${rolled.frames + rolled.dropped}; the static page drops ${compared.dropped}`,
    },
    {
      name: 'scrolling by wheel: frames with a row that is not read yet',
      value: rolled.unread,
      unit: '',
      note: `of ${rolled.frames}`,
    },
    ...scriptFigures('dragging through all rows in 5 s', dragged),
    {
      name: 'dragging through all rows in 5 s: dropped frames',
      value: dragged.dropped,
      unit: '',
      note: `of ${dragged.frames + dragged.dropped}`,
    },
  ];
}

interface Scrolled {
  readonly script: readonly number[];
  readonly frames: number;
  readonly dropped: number;
  readonly unread: number;
}

function scriptFigures(name: string, { script }: Scrolled): Figure[] {
  return [
    { name: `${name}: script a frame, median`, value: quantile(script, 0.5), unit: 'ms', aim: 8 },
    { name: `${name}: script a frame, p95`, value: quantile(script, 0.95), unit: 'ms', aim: 8 },
    { name: `${name}: script a frame, longest`, value: Math.max(...script), unit: 'ms' },
  ];
}

async function measure(page: Page, session: CDPSession, act: () => Promise<void>): Promise<Scrolled> {
  let counted = { deltas: [] as number[], unread: 0 };
  const script = await scriptPerFrame(session, async () => {
    await startFrames(page);
    await act();
    counted = await endFrames(page);
  });
  const dropped = counted.deltas.reduce(
    (sum, delta) => sum + Math.max(0, Math.round((delta * framesASecond) / 1000) - 1),
    0,
  );
  return { script, frames: counted.deltas.length, dropped, unread: counted.unread };
}

interface Frames {
  frames: { deltas: number[]; unread: number; isOver: boolean };
}

async function startFrames(page: Page): Promise<void> {
  await page.evaluate(
    ([mark, selector]) => {
      const frames = { deltas: [] as number[], unread: 0, isOver: false };
      Object.assign(window, { frames });
      const element = document.querySelector(selector) as Element;
      let last: number | undefined;
      const next = (at: number): void => {
        if (frames.isOver) return;
        performance.mark(mark);
        performance.clearMarks(mark);
        if (last !== undefined) frames.deltas.push(at - last);
        last = at;
        // Skeletons stand where rows are still being read.
        if (element.getElementsByClassName('issue-line-skeleton').length > 0) frames.unread += 1;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    },
    [frameMark, list] as const,
  );
}

async function endFrames(page: Page): Promise<{ deltas: number[]; unread: number }> {
  return page.evaluate(() => {
    const { frames } = window as unknown as Frames;
    frames.isOver = true;
    return { deltas: frames.deltas, unread: frames.unread };
  });
}

async function rollWheel(page: Page, session: CDPSession): Promise<void> {
  const box = await page.locator(list).boundingBox();
  if (!box) throw new Error('There is no list to scroll.');
  await session.send('Input.synthesizeScrollGesture', {
    x: box.x + box.width / 2,
    y: box.y + box.height / 2,
    yDistance: -wheel.pixels,
    speed: wheel.pixelsASecond,
    gestureSourceType: 'mouse',
  });
}

/** From the first row to the last, as by the thumb of the scroll bar. */
async function drag(page: Page): Promise<void> {
  await page.locator(list).evaluate(
    (element, seconds) =>
      new Promise<void>((resolve) => {
        const begun = performance.now();
        const next = (at: number): void => {
          const part = Math.min(Math.max((at - begun) / (seconds * 1000), 0), 1);
          element.scrollTop = part * (element.scrollHeight - element.clientHeight);
          if (part < 1) requestAnimationFrame(next);
          else resolve();
        };
        requestAnimationFrame(next);
      }),
    dragSeconds,
  );
}

async function openStatic(
  context: BrowserContext,
  html: string,
): Promise<{ page: Page; session: CDPSession }> {
  const page = await context.newPage();
  await page.setContent(html);
  await page.bringToFront();
  await page.waitForTimeout(2000);
  return { page, session: await context.newCDPSession(page) };
}

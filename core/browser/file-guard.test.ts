import { expect, test, vi } from 'vitest';
import type { OperationalError } from '../errors.ts';
import { FileGuard } from './file-guard.ts';

/** A guard whose looks are answered by hand. */
function guardWith() {
  const looks: PromiseWithResolvers<boolean>[] = [];
  const gone: OperationalError[] = [];
  const posted: unknown[] = [];
  const guard = new FileGuard(
    () => {
      const look = Promise.withResolvers<boolean>();
      looks.push(look);
      return look.promise;
    },
    (error) => gone.push(error),
  );
  const port = guard.guarded({
    post: (message: unknown) => void posted.push(message),
    listen: () => {},
    hold: () => {},
    close: () => {},
  });
  return { guard, port, looks, gone, posted };
}

const turn = () => Promise.resolve().then(() => {});

test('what is posted soon after the file was seen passes at once, and later it waits for a look, in order', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  const { guard, port, looks, posted } = guardWith();
  port.post(1);
  expect(posted).toEqual([1]);
  vi.advanceTimersByTime(60);
  port.post(2);
  port.post(3);
  expect([posted, looks.length]).toEqual([[1], 1]);
  looks[0]?.resolve(true);
  await turn();
  expect(posted).toEqual([1, 2, 3]);
  guard.end();
  vi.useRealTimers();
});

test('nothing is posted once the file is gone, and that is said once', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
  const { port, looks, gone, posted } = guardWith();
  vi.advanceTimersByTime(60);
  port.post('acknowledged');
  looks[0]?.resolve(false);
  await turn();
  vi.advanceTimersByTime(10_000);
  expect([posted, gone.map(({ code }) => code), looks.length]).toEqual([[], ['FILE_REPLACED'], 1]);
  vi.useRealTimers();
});

test('another engine’s greeting is a doubt that a look under way does not settle', async () => {
  const { guard, port, looks, posted } = guardWith();
  guard.doubt();
  guard.doubt();
  port.post('later');
  looks[0]?.resolve(true);
  await turn();
  expect([posted, looks.length]).toEqual([[], 2]);
  looks[1]?.resolve(true);
  await turn();
  expect(posted).toEqual(['later']);
  guard.end();
});

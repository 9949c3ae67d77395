import type { OpenedIteration, Sender } from './caller.ts';
import type { CallOptions, Client } from './client.ts';

/** Waits no longer than the signal lets it; what comes later all the same is undone. */
export async function abortable<R>(
  signal: AbortSignal | undefined,
  call: Promise<R>,
  undo: (value: R) => unknown,
): Promise<R> {
  if (!signal) return call;
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([call, aborted.promise]);
  } catch (error) {
    if (signal.aborted) call.then(undo).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** An iteration of an engine's; its pages are asked for one by one. `done` is called once, at its end. */
export async function opened(
  client: Client,
  args: readonly unknown[],
  details: CallOptions & { readonly within?: number; readonly epoch?: number },
  done: () => void = () => {},
): ReturnType<Sender['open']> {
  const { signal, ...rest } = details;
  const call = client.call<OpenedIteration>('iterate', args, rest);
  const first = await abortable(signal, call, ({ cursor }) =>
    client.tell(client.epoch, 'iterate:close', cursor),
  );
  const { epoch } = client;
  let isOpen = true;
  const end = (): void => {
    if (isOpen) done();
    isOpen = false;
  };
  if (first.done) end();
  return {
    first,
    columns: first.columns,
    async next() {
      try {
        const page = await client.call<OpenedIteration>('iterate:next', [first.cursor], {
          ...rest,
          signal,
          epoch,
        });
        if (page.done) end();
        return page;
      } catch (error) {
        end();
        throw error;
      }
    },
    close() {
      client.tell(epoch, 'iterate:close', first.cursor);
      end();
    },
  };
}

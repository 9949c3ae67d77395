import type { OpenedIteration, Sender } from './caller.ts';
import type { CallOptions, Client } from './client.ts';

/** An iteration of an engine's; its pages are asked for one by one. `done` is called once, at its end. */
export async function opened(
  client: Client,
  args: readonly unknown[],
  details: CallOptions & { readonly within?: number; readonly epoch?: number },
  done: () => void = () => {},
): ReturnType<Sender['open']> {
  const { signal, ...rest } = details;
  const late = ({ cursor }: OpenedIteration): void => client.tell(client.epoch, 'iterate:close', cursor);
  const isRepeatable = details.within === undefined;
  const first = await client.call<OpenedIteration>('iterate', args, { ...rest, signal, late, isRepeatable });
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

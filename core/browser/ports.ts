import type { Port, PortListener } from '../remote/port.ts';
import { decodeError, encodeError } from '../remote/wire.ts';

/** The last message of a line: `null`, or why it ends. */
interface End {
  readonly kind: 'end';
  readonly error: unknown;
}

const isEnd = (data: unknown): data is End | null =>
  data === null || (typeof data === 'object' && 'kind' in data && data.kind === 'end');

interface Messenger {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** A line that may be ended from outside. */
export interface LosablePort extends Port {
  /** Ends it for this side, as if the other one had gone; which is notified, if it is there after all. */
  lose(reason: unknown): void;
  /** Ends it for both sides, with what the other side's calls fail with. */
  end(error: unknown): void;
}

/** A line over whatever posts messages; `dispose` ends that on this side. */
export function messagePort(messenger: Messenger, dispose: () => void = () => {}): LosablePort {
  let listener: PortListener | undefined;
  let isOpen = true;
  const leave = (): void => {
    isOpen = false;
    messenger.removeEventListener('message', hear);
    dispose();
  };
  const hear = ({ data }: MessageEvent): void => {
    if (!isEnd(data)) {
      listener?.message(data);
      return;
    }
    leave();
    listener?.lost(data === null ? undefined : decodeError(data.error));
  };
  const lose = (reason: unknown, last: End | null): void => {
    if (!isOpen) return;
    messenger.postMessage(last);
    leave();
    listener?.lost(reason);
  };
  messenger.addEventListener('message', hear);
  return {
    post(message) {
      if (isOpen) messenger.postMessage(message);
    },
    listen: (given) => {
      listener = given;
    },
    hold: () => {},
    close() {
      if (!isOpen) return;
      messenger.postMessage(null);
      leave();
    },
    lose: (reason) => lose(reason, null),
    end: (error) => lose(error, { kind: 'end', error: encodeError(error) }),
  };
}

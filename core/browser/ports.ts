import type { Port, PortListener } from '../remote/port.ts';

/** The last message of a line. */
const end = null;

interface Messenger {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/** A line that may be ended from outside. */
export interface LosablePort extends Port {
  /** Ends it for this side, as if the other one had gone; which is told, if it is there after all. */
  lose(reason: unknown): void;
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
    if (data !== end) {
      listener?.message(data);
      return;
    }
    leave();
    listener?.lost(undefined);
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
      messenger.postMessage(end);
      leave();
    },
    lose(reason) {
      if (!isOpen) return;
      messenger.postMessage(end);
      leave();
      listener?.lost(reason);
    },
  };
}

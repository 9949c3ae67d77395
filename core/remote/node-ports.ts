import type { MessagePort } from 'node:worker_threads';
import type { Port, PortListener } from './port.ts';

/** The last message of a line, and of a thread. */
export const end = null;

/** A line of one database to its engine's thread, that may be ended from outside. */
export interface LosablePort extends Port {
  /** Ends it for this side: the thread has gone. */
  lose(reason: unknown): void;
}

/** An end of a line between two threads. */
export function linePort(port: MessagePort): LosablePort {
  let listener: PortListener | undefined;
  let isOpen = true;
  const lose = (reason: unknown): void => {
    if (!isOpen) return;
    isOpen = false;
    port.close();
    listener?.lost(reason);
  };
  port.on('message', (message) => {
    if (message === end) lose(undefined);
    else if (isOpen) listener?.message(message);
  });
  return {
    post: (message) => {
      if (isOpen) port.postMessage(message);
    },
    listen: (given) => {
      listener = given;
    },
    hold: (isHeld) => (isHeld ? port.ref() : port.unref()),
    close() {
      if (!isOpen) return;
      isOpen = false;
      port.postMessage(end);
      port.close();
    },
    lose,
  };
}

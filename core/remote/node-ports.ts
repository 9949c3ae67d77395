import type { MessagePort, Worker } from 'node:worker_threads';
import type { Port, PortListener } from './port.ts';

/** The last message of a line. */
const end = null;

/** The line to a worker, for whoever started it. */
export function portToWorker(worker: Worker): Port {
  let listener: PortListener | undefined;
  let isOpen = true;
  const lose = (reason: unknown): void => {
    if (!isOpen) return;
    isOpen = false;
    listener?.lost(reason);
  };
  worker.on('error', lose);
  worker.on('exit', (code) => lose(new Error(`The engine's thread ended with code ${code}`)));
  worker.on('message', (message) => {
    if (isOpen) listener?.message(message);
  });
  return {
    post: (message) => worker.postMessage(message),
    listen: (given) => {
      listener = given;
    },
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
    close() {
      if (!isOpen) return;
      isOpen = false;
      worker.postMessage(end);
    },
  };
}

/** The line to whoever started this worker. */
export function portToParent(parent: MessagePort): Port {
  let listener: PortListener | undefined;
  parent.on('message', (message) => {
    if (message === end) listener?.lost(undefined);
    else listener?.message(message);
  });
  return {
    post: (message) => parent.postMessage(message),
    listen: (given) => {
      listener = given;
    },
    hold: () => {},
    close: () => parent.close(),
  };
}

/**
 * Calls listeners: at once, or in a microtask while a query is opened by a read. A framework reads while it renders, and
 * opening a query may find another program's commit, which other components would be notified of in the midst of that
 * rendering.
 */
export class Notifier {
  #opening = 0;

  /** Calls `open`; who is to be notified meanwhile is notified afterwards. */
  opening(open: () => void): void {
    this.#opening += 1;
    try {
      open();
    } finally {
      this.#opening -= 1;
    }
  }

  notify = (call: () => void): void => {
    if (this.#opening === 0) call();
    else queueMicrotask(call);
  };
}

/**
 * A line to another thread, or to another tab.
 *
 * Guaranteed: messages arrive whole, each once, in the order in which they were posted, as structured clones of
 * what was posted; nothing arrives after `lost`. Not guaranteed: that a message arrives at all once the other side
 * has gone; `lost` says so, as soon as anybody can tell.
 */
export interface Port {
  /** Its name, where the engine that takes over can say which calls of this line were begun. */
  readonly line?: string;
  /** @throws DataCloneError where a value can't be cloned; then nothing is sent. */
  post(message: unknown): void;
  /** Who listened before hears nothing more. */
  listen(listener: PortListener): void;
  /** Whether the process stays alive for this line: while somebody awaits an answer. */
  hold(isHeld: boolean): void;
  /** Ends the line on this side; the other one learns of it. A second call does nothing. */
  close(): void;
}

export interface PortListener {
  message(message: unknown): void;
  /** The other side has gone; `reason` says how, if that is known. */
  lost(reason: unknown): void;
}

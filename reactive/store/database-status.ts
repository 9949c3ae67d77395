import type { DatabaseSync } from '../../core/database-sync.ts';
import { engineOf } from '../../core/engine-key.ts';
import { clientOf, type Database } from '../../core/remote/database.ts';

/** What a database is about. The same object until something changes. */
export interface DatabaseStatus {
  readonly state: 'open' | 'closed';
  /** Of a database in another thread, as it said last. */
  readonly inTransaction: boolean;
  /** The last commit since somebody asked; null before it. */
  readonly commit: number | null;
}

/**
 * A database's status, while it has subscribers. They are notified of a commit at once, together with live queries of the
 * schedule `sync`; of the rest at the end of the turn, so that a transaction that is over by then isn't seen. What `value`
 * gives changes when they are notified.
 */
export class DatabaseStatusSource {
  readonly #db: DatabaseSync | Database;
  readonly #notify: (call: () => void) => void;
  readonly #listeners = new Set<() => void>();
  #status: DatabaseStatus;
  #commit: number | null = null;
  #unfollow: (() => void) | undefined;
  #isScheduled = false;

  constructor(db: DatabaseSync | Database, notify: (call: () => void) => void) {
    this.#db = db;
    this.#notify = notify;
    this.#status = this.#look();
  }

  get value(): DatabaseStatus {
    if (this.#listeners.size === 0) this.#update();
    return this.#status;
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener();
    if (this.#listeners.size === 0) this.#update();
    this.#listeners.add(own);
    this.#unfollow ??= this.#follow();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size > 0) return;
      this.#unfollow?.();
      this.#unfollow = undefined;
    };
  }

  #look(): DatabaseStatus {
    const db = this.#db;
    const isClosed = (engineOf in db ? db[engineOf] : db[clientOf]).isClosed;
    return {
      state: isClosed ? 'closed' : 'open',
      inTransaction: !isClosed && db.inTransaction,
      commit: this.#commit,
    };
  }

  /** True if it is another. */
  #update(): boolean {
    const now = this.#look();
    const { state, inTransaction, commit } = this.#status;
    const isSame = now.state === state && now.inTransaction === inTransaction && now.commit === commit;
    if (!isSame) this.#status = now;
    return !isSame;
  }

  #tell(): void {
    if (!this.#update()) return;
    this.#notify(() => {
      for (const listener of [...this.#listeners]) listener();
    });
  }

  #follow(): () => void {
    const db = this.#db;
    const schedule = (): void => this.#schedule();
    if (this.#look().state === 'closed') return () => {};
    const onCommit = ({ commit_lsn }: { readonly commit_lsn: number }): void => {
      this.#commit = commit_lsn;
      this.#tell();
    };
    if (engineOf in db) {
      const engine = db[engineOf];
      const offs = [
        db.subscribe(onCommit),
        engine.onClose(schedule),
        engine.onBegin(() => {
          schedule();
          engine.whenIdle(schedule);
        }),
      ];
      return () => {
        for (const off of offs) off();
      };
    }
    const client = db[clientOf];
    const offs = [client.afterMessages(schedule), client.onLost(schedule)];
    let isOver = false;
    db.subscribe(onCommit).then(
      (off) => (isOver ? off() : offs.push(off)),
      // An engine that can't be reached says so to whoever asks it something.
      () => {},
    );
    return () => {
      isOver = true;
      for (const off of offs) off();
    };
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#tell();
    });
  }
}

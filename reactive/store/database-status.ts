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
 * A database's status, while somebody subscribes. Several changes in one turn are told as one: a transaction that is
 * over by then isn't seen.
 */
export class DatabaseStatusSource {
  readonly #db: DatabaseSync | Database;
  readonly #listeners = new Set<() => void>();
  #status: DatabaseStatus;
  #commit: number | null = null;
  #unfollow: (() => void) | undefined;
  #isScheduled = false;

  constructor(db: DatabaseSync | Database) {
    this.#db = db;
    this.#status = this.#look();
  }

  get value(): DatabaseStatus {
    const now = this.#look();
    const { state, inTransaction, commit } = this.#status;
    if (now.state !== state || now.inTransaction !== inTransaction || now.commit !== commit)
      this.#status = now;
    return this.#status;
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener();
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

  #follow(): () => void {
    const db = this.#db;
    const schedule = (): void => this.#schedule();
    if (this.#look().state === 'closed') return () => {};
    const onCommit = ({ commit_lsn }: { readonly commit_lsn: number }): void => {
      this.#commit = commit_lsn;
      schedule();
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
      const before = this.#status;
      if (this.value !== before) for (const listener of [...this.#listeners]) listener();
    });
  }
}

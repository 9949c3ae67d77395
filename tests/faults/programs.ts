/**
 * Programs that the fault tests run as processes of their own, to see how they end: `node programs.ts <name> ...`.
 * A program that should end by itself closes nothing and calls no exit.
 */
import { DatabaseSync as BareDatabase } from 'node:sqlite';
import { openSync } from '../../core/index.ts';
import { live, settled, watchEvents } from '../../reactive/index.ts';

const say = (...words: readonly unknown[]): void => console.log(words.join(' '));
const never = { timeoutMs: Number.POSITIVE_INFINITY };

const programs: Readonly<Record<string, (path: string, ...args: readonly string[]) => unknown>> = {
  /** Everything open and nothing closed. */
  async 'leave everything open'(path) {
    const db = openSync(path);
    const watches = [
      db.watchTable('t'),
      db.watchRange('t', {}),
      db.watchQuery('SELECT * FROM t'),
      db.changeStream(),
    ];
    for (const watch of watches) await watch.next();
    db.subscribe(() => say('listener'));
    live(db, 'SELECT * FROM t').subscribe((rows) => say('rows', rows.length));
    live(db, 'SELECT * FROM t', [], { schedule: 'frame' }).changes.subscribe();
    db.execute('INSERT INTO t VALUES (1, 1)');
    await settled(db);
    say('end of program');
  },

  /** A reader that waits keeps the process alive, until it has what it waits for. */
  async 'wait for an event'(path) {
    const watch = openSync(path).watchTable('t');
    await watch.next();
    say('waiting');
    const event = await watch.next(never);
    say('got', event?.type);
  },

  async 'wait in a loop'(path) {
    const watch = openSync(path).watchTable('t');
    for await (const event of watch) {
      say('got', event.type);
      if (event.type === 'invalidate') break;
    }
    say('left');
  },

  async 'wait for watchEvents'(path) {
    const db = openSync(path);
    const subscription = watchEvents(db.watchTable('t')).subscribe((event) => {
      say('got', event.type);
      if (event.type === 'invalidate') subscription.unsubscribe();
    });
  },

  /** The default `onError`. */
  'throw in a listener'(path, handled) {
    const db = openSync(path);
    if (handled) process.on('uncaughtException', (error) => say('uncaught', error.message));
    db.subscribe(() => {
      throw new Error('a listener failed');
    });
    db.subscribe(({ tables }) => say('told', tables));
    say('changes', db.execute('INSERT INTO t VALUES (1, 1)').changes);
    say('rows', db.query('SELECT * FROM t').length);
  },

  'throw in onError'(path) {
    process.on('uncaughtException', (error) => say('uncaught', error.message));
    const db = openSync(path, {
      onError() {
        throw new Error('onError failed');
      },
    });
    db.subscribe(() => {
      throw new Error('a listener failed');
    });
    db.subscribe(({ tables }) => say('told', tables));
    for (const id of [1, 2]) say('changes', db.execute('INSERT INTO t VALUES (?, 1)', [id]).changes);
  },

  async 'throw in a live subscriber'(path) {
    process.on('uncaughtException', (error) => say('uncaught', error.message));
    const db = openSync(path);
    live(db, 'SELECT * FROM t', [], { schedule: 'sync' }).subscribe((rows) => {
      if (rows.length > 0) throw new Error('a subscriber failed');
    });
    live(db, 'SELECT * FROM t', [], { schedule: 'sync' }).subscribe((rows) => say('told', rows.length));
    for (const id of [1, 2]) say('changes', db.execute('INSERT INTO t VALUES (?, 1)', [id]).changes);
    await settled(db);
  },

  'exit in a listener'(path) {
    const db = openSync(path);
    db.subscribe(() => process.exit(7));
    db.execute('INSERT INTO t VALUES (1, 1)');
    say('not reached');
  },

  async 'close with everything subscribed'(path) {
    const db = openSync(path);
    live(db, 'SELECT * FROM t').subscribe({ complete: () => say('rows complete') });
    live(db, 'SELECT * FROM t', [], { schedule: 'frame' }).changes.subscribe({
      complete: () => say('changes complete'),
    });
    watchEvents(db.changeStream()).subscribe({ complete: () => say('stream complete') });
    const waiting = db
      .watchTable('t')
      .next(never)
      .then(() => db.watchTable('t').next(never));
    waiting.catch((error) => say('watch', error.code));
    db.subscribe(() => {});
    db.execute('INSERT INTO t VALUES (1, 1)');
    db.close();
    say('closed');
  },

  /** Another program has the file locked: the answer is awaited, but not by keeping the process alive. */
  'subscribe while the file is locked'(path) {
    const db = openSync(path, {
      busyTimeoutMs: 20,
      onError: (error) => say('onError', (error as { code?: string }).code),
    });
    const other = new BareDatabase(path);
    other.exec('BEGIN EXCLUSIVE');
    live(db, 'SELECT * FROM t').subscribe({ next: (rows) => say('rows', rows.length) });
    say('end of program');
  },

  /** Commits one row after another and says which, until it is killed. */
  'commit without end'(path) {
    const db = openSync(path);
    db.subscribe(({ row_changes }) => say('committed', row_changes[0]?.primary_key.id));
    const next = (id: number): void => {
      db.transaction(() => {
        db.execute('INSERT INTO t VALUES (?, 1)', [id]);
        db.execute('INSERT INTO u VALUES (?)', [id]);
      });
      setImmediate(next, id + 1);
    };
    next(1);
  },

  /** Leaves a transaction open that has written more than fits its cache, and waits to be killed. */
  'die in a transaction'(path) {
    const db = openSync(path);
    db.execute('PRAGMA cache_size = 10');
    db.begin('immediate');
    db.execute('DELETE FROM u');
    for (let id = 1000; id < 3000; id++) db.execute('INSERT INTO t VALUES (?, ?)', [id, 'x'.repeat(500)]);
    say('in a transaction');
    setInterval(() => {}, 1000);
  },

  /** Fills the file system that the file is on, and goes on as long as it can. */
  async 'fill the disk'(path) {
    const errors: string[] = [];
    const db = openSync(path, { onError: (error) => say('onError', (error as { code?: string }).code) });
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    const watch = db.watchTable('t');
    await watch.next();
    let told = 0;
    live(db, 'SELECT count(*) AS n FROM t', [], { schedule: 'sync' }).subscribe({
      next: ([row]) => {
        told = Number(row?.n);
      },
      error: (error) => say('live error', error.code),
    });
    let committed = 0;
    for (let id = 1; errors.length === 0 && id < 10_000; id++) {
      try {
        db.execute('INSERT INTO t VALUES (?, ?)', [id, 'x'.repeat(20_000)]);
        committed = id;
      } catch (error) {
        errors.push((error as { code: string }).code);
      }
    }
    say('failed with', errors[0]);
    say('in a transaction', db.inTransaction);
    say('told', told === committed && committed > 0);
    say('kept', db.queryOne<{ n: number }>('SELECT count(*) AS n FROM t')?.n === committed);
    let events = 0;
    for (let event = await watch.next(); event; event = await watch.next()) events += 1;
    say('events', events === committed);
    // In a transaction: whatever SQLite does with it, nothing of it is told.
    try {
      db.transaction(() => {
        for (let i = 0; i < 100; i++) db.execute('INSERT INTO t (v) VALUES (?)', ['y'.repeat(20_000)]);
      });
    } catch (error) {
      say('transaction failed with', (error as { code: string }).code);
    }
    say('after the transaction', db.inTransaction, (await watch.next()) === null, told === committed);
    say('integrity', JSON.stringify(db.queryRaw('PRAGMA integrity_check').rows));
    db.close();
    say('closed');
  },
};

const [name = '', path = '', ...args] = process.argv.slice(2);
await programs[name]?.(path, ...args);

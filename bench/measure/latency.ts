/**
 * From the call of a write until it is done and every subscriber whose answer changed has the new one.
 *
 * Blocks of the contender's writes take turns with blocks of the same writes on bare node:sqlite in this process,
 * so that both see the same machine. Only single writes are timed; making them up isn't.
 */
import { BareDatabase } from '../bare-database.ts';
import type { Contender } from '../contender.ts';
import type { Measured } from '../outcome.ts';
import { distribution } from '../statistics.ts';
import { makeData } from '../workloads/data.ts';
import { type Kind, needsComments } from '../workloads/workload.ts';
import type { Shape, Write } from '../workloads/write.ts';
import { Audience, type Result, type Session, turn } from './session.ts';

const blockLength = 40;
const hearSeconds = 10;

export async function measureLatency(session: Session): Promise<Result> {
  const { contender, workload, variant, queries, effort } = session;
  const data = makeData();
  const withComments = needsComments(workload, variant);
  const floor = new BareDatabase();
  floor.load(data, withComments);
  const kinds = workload.kinds?.(variant, data) ?? [];
  const queue = new Queue(kinds);

  let start = performance.now();
  await contender.load(data, withComments);
  const loadMs = performance.now() - start;

  const audience = new Audience(queries);
  start = performance.now();
  await audience.hydrate(contender);
  const hydrateMs = performance.now() - start;

  const writers = new Writers(contender);
  const floorWriters = new Writers(floor);
  const samples = new Map(
    kinds.map((kind) => [kind.name, { kind, own: [] as number[], floor: [] as number[] }]),
  );
  await run(effort.warmUp, effort.phaseSeconds / 4, null);
  const wrongBefore = audience.compare(floor);
  await run(effort.writes, effort.phaseSeconds, samples);
  const wrong = [...wrongBefore, ...audience.compare(floor)];
  await audience.stop();
  const measured = [...samples.values()].map(
    ({ kind, own, floor }): Measured => ({
      name: kind.name,
      inside: kind.inside,
      latency: distribution(own),
      floor: distribution(floor),
    }),
  );
  return { wrong, loadMs, hydrateMs, measured, memory: [] };

  /** Blocks in turn, until that many writes or seconds are used up. */
  async function run(count: number, seconds: number, into: typeof samples | null): Promise<void> {
    const end = performance.now() + seconds * 1000;
    for (let at = 0; at < count && performance.now() < end; ) {
      const block = queue.peek(Math.min(blockLength, count - at));
      await contender.expect?.(block.map(({ write }) => write));
      for (const { write } of block) {
        writers.of(write.shape);
        floorWriters.of(write.shape);
      }
      let done = 0;
      while (done < block.length && (done === 0 || performance.now() < end)) {
        const { kind, write } = block[done++] as Made;
        const micros = await timed(write);
        into?.get(kind.name)?.own.push(micros);
      }
      queue.drop(done);
      await turn();
      for (const { kind, write } of block.slice(0, done)) {
        const call = floorWriters.of(write.shape);
        const begun = performance.now();
        call(write);
        into?.get(kind.name)?.floor.push((performance.now() - begun) * 1000);
      }
      at += done;
      await turn();
    }
  }

  /** Microseconds. Nothing is awaited where the contender is done in the call. */
  function timed(write: Write): number | Promise<number> {
    const call = writers.of(write.shape);
    audience.expect(contender.told === 'every write' ? audience.readersOf(write.shape.table) : write.touched);
    const begun = performance.now();
    const pending = call(write);
    const done = performance.now();
    if (!(pending instanceof Promise) && !audience.waiting) return (done - begun) * 1000;
    return completed(write, pending, begun, done);
  }

  async function completed(write: Write, pending: unknown, begun: number, returned: number): Promise<number> {
    let done = returned;
    if (pending instanceof Promise) {
      await pending;
      done = performance.now();
    }
    if (audience.waiting) {
      await audience.heard(hearSeconds, `${write.shape.sql} with ${write.args.join()}`);
      done = Math.max(done, audience.heardAt);
    }
    await turn();
    return (done - begun) * 1000;
  }
}

interface Made {
  readonly kind: Kind;
  readonly write: Write;
}

/** Writes in the order in which they are to be done: a generator counts on every one it has made. */
class Queue {
  readonly #kinds: readonly Kind[];
  readonly #made: Made[] = [];
  #count = 0;

  constructor(kinds: readonly Kind[]) {
    this.#kinds = kinds;
  }

  peek(count: number): readonly Made[] {
    while (this.#made.length < count) {
      const kind = this.#kinds[this.#count++ % this.#kinds.length] as Kind;
      this.#made.push({ kind, write: kind.next() });
    }
    return this.#made.slice(0, count);
  }

  /** The first ones have been done. */
  drop(count: number): void {
    this.#made.splice(0, count);
  }
}

/** What is prepared for each shape of write, once. */
class Writers {
  readonly #target: Pick<Contender, 'writer'>;
  readonly #prepared = new Map<Shape, (write: Write) => unknown>();

  constructor(target: Pick<Contender, 'writer'>) {
    this.#target = target;
  }

  of(shape: Shape): (write: Write) => unknown {
    const known = this.#prepared.get(shape);
    if (known) return known;
    const writer = this.#target.writer(shape);
    this.#prepared.set(shape, writer);
    return writer;
  }
}

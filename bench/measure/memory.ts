/** What a process retains: after loading, and after each live query (or all, where there are many). */
import { BareDatabase } from '../bare-database.ts';
import type { Memory } from '../outcome.ts';
import { makeData } from '../workloads/data.ts';
import { Audience, type Result, type Session, turn } from './session.ts';

export async function measureMemory({ contender, variant, queries }: Session): Promise<Result> {
  let start = performance.now();
  await contender.load(makeData(), false);
  const loadMs = performance.now() - start;
  const memory: Memory[] = [await retained('loaded')];
  const audiences: Audience[] = [];
  start = performance.now();
  const steps = queries.length > 10 ? [queries] : queries.map((query) => [query]);
  for (const step of steps) {
    const audience = new Audience(step);
    audiences.push(audience);
    await audience.hydrate(contender);
  }
  const hydrateMs = performance.now() - start;
  const before = memory[0]?.heap ?? 0;
  const after = await retained(variant);
  memory.push(queries.length > 10 ? { ...after, perQuery: (after.heap - before) / queries.length } : after);
  // The comparison needs a database of its own, so it comes last.
  const floor = new BareDatabase();
  floor.load(makeData(), false);
  const wrong = audiences.flatMap((audience) => audience.compare(floor));
  return { wrong, loadMs, hydrateMs, measured: [], memory };
}

async function retained(name: string): Promise<Memory> {
  if (!globalThis.gc) throw new Error('Run with --expose-gc');
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await turn();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { name, heap: heapUsed + external, rss };
}

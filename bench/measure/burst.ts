/** One transaction of many row changes, until every live query's subscriber has the answer after all of them. */
import { BareDatabase } from '../bare-database.ts';
import { distribution } from '../statistics.ts';
import { makeData } from '../workloads/data.ts';
import { Audience, type Result, type Session, turn } from './session.ts';

const hearSeconds = 60;

export async function measureBurst({ contender, workload, queries, effort }: Session): Promise<Result> {
  const data = makeData();
  const floor = new BareDatabase();
  floor.load(data, false);
  const make = workload.burst?.(data) ?? (() => []);
  let start = performance.now();
  await contender.load(data, false);
  const loadMs = performance.now() - start;
  const audiences = queries.map((query) => new Audience([query]));
  start = performance.now();
  for (const audience of audiences) await audience.hydrate(contender);
  const hydrateMs = performance.now() - start;

  const own: number[] = [];
  const bare: number[] = [];
  const end = performance.now() + effort.phaseSeconds * 1000;
  for (let at = 0; at <= effort.bursts && (at === 0 || performance.now() < end); at++) {
    const writes = make();
    await contender.expect?.(writes);
    for (const audience of audiences) audience.expect(1);
    const begun = performance.now();
    await contender.transaction(writes);
    for (const audience of audiences) if (audience.waiting) await audience.heard(hearSeconds);
    const micros = (performance.now() - begun) * 1000;
    await turn();
    const floorBegun = performance.now();
    floor.transaction(writes);
    bare.push((performance.now() - floorBegun) * 1000);
    own.push(micros);
  }
  // The first is the warm-up, unless there was time for no other.
  if (own.length > 1) {
    own.shift();
    bare.shift();
  }
  const wrong = audiences.flatMap((audience) => audience.compare(floor));
  for (const audience of audiences) await audience.stop();
  const measured = [
    {
      name: 'transaction of 10,000 rows',
      inside: true,
      latency: distribution(own),
      floor: distribution(bare),
    },
  ];
  return { wrong, loadMs, hydrateMs, measured, memory: [] };
}

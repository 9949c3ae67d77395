/** From asking for a new live query until its subscriber has all rows; beside it, bare SQLite prepares and reads. */
import { BareDatabase } from '../bare-database.ts';
import { distribution } from '../statistics.ts';
import { makeData } from '../workloads/data.ts';
import { needsComments } from '../workloads/workload.ts';
import { Audience, type Result, type Session, turn } from './session.ts';

export async function measureFirstAnswer(session: Session): Promise<Result> {
  const { contender, workload, variant, queries, effort } = session;
  const data = makeData();
  const withComments = needsComments(workload, variant);
  const floor = new BareDatabase();
  floor.load(data, withComments);
  const start = performance.now();
  await contender.load(data, withComments);
  const loadMs = performance.now() - start;

  const own: number[] = [];
  const bare: number[] = [];
  let wrong: readonly string[] = [];
  const end = performance.now() + effort.phaseSeconds * 1000;
  for (let at = 0; at < effort.hydrations && (at < 3 || performance.now() < end); at++) {
    const audience = new Audience(queries);
    const begun = performance.now();
    await audience.hydrate(contender);
    own.push((performance.now() - begun) * 1000);
    if (at === 0) wrong = audience.compare(floor);
    await audience.stop();
    await turn();
    const floorBegun = performance.now();
    for (const query of queries) floor.ask(query);
    bare.push((performance.now() - floorBegun) * 1000);
    await turn();
  }
  const [hydrateMs = 0] = own;
  const measured = [
    { name: `hydrate ${variant}`, inside: true, latency: distribution(own), floor: distribution(bare) },
  ];
  return { wrong, loadMs, hydrateMs: hydrateMs / 1000, measured, memory: [] };
}

/** One contender, one workload, one process: does the task it is sent and sends back the outcome. */
import type { ContenderModule } from './contender.ts';
import { entryOf } from './contenders/all.ts';
import { measureBurst } from './measure/burst.ts';
import { measureFirstAnswer } from './measure/first-answer.ts';
import { measureLatency } from './measure/latency.ts';
import { measureMemory } from './measure/memory.ts';
import type { Session } from './measure/session.ts';
import type { Outcome, Task } from './outcome.ts';
import { workloadOf } from './workloads/all.ts';

const measures = {
  latency: measureLatency,
  burst: measureBurst,
  'first answer': measureFirstAnswer,
  memory: measureMemory,
};

process.once('message', (task: Task) => {
  perform(task)
    .catch((error: unknown): Outcome => ({ type: 'failed', reason: String(error) }))
    .then((outcome) => process.send?.(outcome, () => process.exit(0)));
});

async function perform({ contender: id, workload: workloadId, variant, effort }: Task): Promise<Outcome> {
  const workload = workloadOf(workloadId);
  const module = (await import(
    new URL(entryOf(id).module, new URL('./contenders/', import.meta.url)).href
  )) as ContenderModule;
  const contender = await module.create();
  const asked = workload.queries(variant);
  const queries = asked.filter(({ name }) => contender.cannot[name] === undefined);
  const without = [...new Set(asked.filter((query) => !queries.includes(query)).map(({ name }) => name))];
  const reasons = without.map((name) => contender.cannot[name] ?? '');
  if (queries.length === 0) return { type: 'cannot', reason: reasons.join('; ') };
  const session: Session = { contender, workload, variant, queries, effort };
  const result = await measures[workload.measures](session);
  return { type: 'done', mode: contender.mode, without: reasons, ...result };
}

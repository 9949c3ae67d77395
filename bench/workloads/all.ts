import { w6 } from './burst.ts';
import { w4 } from './fan-out.ts';
import { w7 } from './first-answer.ts';
import { w3 } from './join-aggregate.ts';
import { w8 } from './memory.ts';
import { w5 } from './relation.ts';
import { w2 } from './sorted-list.ts';
import { w1 } from './top-k.ts';
import type { Workload } from './workload.ts';

export const workloads: readonly Workload[] = [w1, w2, w3, w4, w5, w6, w7, w8];

export function workloadOf(id: string): Workload {
  const found = workloads.find((workload) => workload.id === id);
  if (!found)
    throw new Error(`There is no workload ${id}: use ${workloads.map((w) => w.id).join(', ')} or W9`);
  return found;
}

/**
 * What the tables hold while writes are being made up, so that a generator knows which rows lie inside an answer.
 * The writes are all made before anything is measured.
 */
import { type Data, issueCount, type Random, seededRandom, statuses } from './data.ts';

export class Model {
  readonly random: Random;
  readonly status: Uint8Array;
  readonly priority: Uint8Array;
  readonly owner: Uint16Array;
  readonly team: Uint8Array;
  /** Ids of issues, newest first; only where no write moves them. */
  readonly newestFirst: Uint32Array;

  constructor(data: Data, seed = 7) {
    this.random = seededRandom(seed);
    this.status = data.status.slice();
    this.priority = data.priority.slice();
    this.owner = data.owner;
    this.team = data.team.slice();
    this.newestFirst = Uint32Array.from({ length: issueCount }, (_, at) => at + 1).sort(
      (a, b) => (data.created[b] ?? 0) - (data.created[a] ?? 0),
    );
  }

  /** How many of the newest issues it takes to find `limit` that match. */
  reach(limit: number, matches: (id: number) => boolean): number {
    let found = 0;
    for (let at = 0; at < issueCount; at++) {
      if (matches(this.newestFirst[at] ?? 0) && ++found === limit) return at + 1;
    }
    return issueCount;
  }

  anyIssue(): number {
    return 1 + this.random(issueCount);
  }

  newest(at: number): number {
    return this.newestFirst[at] ?? 1;
  }

  statusOf(id: number): string {
    return statuses[this.status[id] ?? 0] ?? 'open';
  }
}

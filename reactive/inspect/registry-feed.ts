import type { Engine } from '../../core/engine.ts';
import type { Params } from '../../core/values.ts';
import type { LiveExplain } from '../live-explain.ts';
import type { Materialisation } from '../materialisation.ts';
import type { LiveQueryInfo } from './inspection.ts';
import type { InspectionFeed } from './inspection-feed.ts';
import type { Profile } from './profile.ts';

export interface RegistryFeedParts {
  readonly engine: Engine;
  readonly profile: Profile;
  readonly slowMs: number;
  readonly opened: () => Iterable<Materialisation>;
  readonly explain: (sql: string, params: Params | undefined) => LiveExplain;
  /** One feed less measures. */
  readonly closed: (profile: Profile) => void;
}

/** Figures of the live queries of this thread's engine, as they are when asked for. */
export function registryFeed(parts: RegistryFeedParts): InspectionFeed {
  const { engine, profile, slowMs } = parts;
  const leave = profile.want(slowMs);
  return {
    read({ limit }) {
      engine.assertOpen('inspect');
      return {
        queries: costliest([...parts.opened()], profile, limit).map((one) => infoOf(one, profile)),
        commits: profile.commits,
        slow: profile.slowFrom(slowMs),
        totals: profile.totals,
        metrics: engine.hub.metrics(),
      };
    },
    explain: parts.explain,
    close() {
      leave();
      parts.closed(profile);
    },
  };
}

/** Those that have cost the most, or else were visited the most; in the order in which they were opened. */
function costliest(opened: Materialisation[], profile: Profile, limit: number): Materialisation[] {
  if (opened.length <= limit) return opened;
  const total = (one: Materialisation): number => profile.costOf(one)?.totalMs ?? 0;
  return opened
    .toSorted((a, b) => total(b) - total(a) || b.visits - a.visits)
    .slice(0, limit)
    .sort((a, b) => a.id - b.id);
}

function infoOf(materialisation: Materialisation, profile: Profile): LiveQueryInfo {
  const { id, sql, params, visits, audience, answer, hydrateMs } = materialisation;
  const explain = materialisation.explain();
  const cost = profile.costOf(materialisation);
  return {
    id,
    sql,
    params,
    tier: explain.tier,
    ...(explain.reason !== undefined && { reason: explain.reason }),
    rows: audience.current?.size ?? 0,
    stateRows: answer?.stateRows ?? 0,
    visits,
    subscribers: audience.size,
    lastCommitMs: cost?.lastMs ?? 0,
    totalMs: cost?.totalMs ?? 0,
    hydrateMs,
    explain,
  };
}

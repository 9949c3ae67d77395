import { useDatabase } from 'freshet/react-hooks';
import { useSyncExternalStore } from 'react';
import { type Traffic, type TrafficState, trafficOn } from './traffic.ts';

/** The traffic on the database above, and how it goes. */
export function useTraffic(): { readonly traffic: Traffic; readonly state: TrafficState } {
  const traffic = trafficOn(useDatabase());
  return { traffic, state: useSyncExternalStore(traffic.subscribe, traffic.state) };
}

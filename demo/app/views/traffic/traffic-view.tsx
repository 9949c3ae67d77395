import { Placeholder } from '../../parts/placeholder.tsx';

export function TrafficView() {
  return <Placeholder title="Traffic" />;
}

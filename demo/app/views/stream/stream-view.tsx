import { Placeholder } from '../../parts/placeholder.tsx';

export function StreamView() {
  return <Placeholder title="Stream" />;
}

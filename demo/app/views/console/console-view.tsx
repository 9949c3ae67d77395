import { Placeholder } from '../../parts/placeholder.tsx';

export function ConsoleView() {
  return <Placeholder title="Console" />;
}

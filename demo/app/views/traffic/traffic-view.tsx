import './traffic-view.css';
import { Answers } from './answers.tsx';
import { Charts } from './charts.tsx';
import { Controls } from './controls.tsx';
import { Figures } from './figures.tsx';
import { useTraffic } from './use-traffic.ts';

/** Writes changes into the database, and shows how fast they reach the screen. */
export function TrafficView() {
  const { traffic, state } = useTraffic();
  return (
    <div className="traffic">
      <header className="traffic-header">
        <h1>Traffic</h1>
        <Controls traffic={traffic} state={state} />
      </header>
      {state.error && (
        <p className="traffic-error" role="alert">
          Writing has stopped: {state.error.message}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section className="traffic-body" tabIndex={0} aria-label="Measured">
        <div className="traffic-measured">
          <Figures state={state} />
          <Charts seconds={state.seconds} />
        </div>
        <Answers traffic={traffic} />
      </section>
    </div>
  );
}

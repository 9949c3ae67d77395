import './controls.css';
import { useId } from 'react';
import { rates, type Traffic, type TrafficState } from './traffic.ts';

/** The switch, and how many changes a second. */
export function Controls(props: { readonly traffic: Traffic; readonly state: TrafficState }) {
  const { traffic, state } = props;
  const id = useId();
  return (
    <div className="traffic-controls">
      <button
        type="button"
        role="switch"
        className="switch"
        aria-checked={state.isRunning}
        onClick={() => (state.isRunning ? traffic.stop() : void traffic.start())}
      >
        <i className="switch-track" />
        Write changes
      </button>
      <div className="traffic-rate">
        <label htmlFor={id}>Rate</label>
        <input
          id={id}
          type="range"
          min={rates.least}
          max={rates.most}
          value={state.rate}
          onChange={(event) => traffic.setRate(event.currentTarget.valueAsNumber)}
          aria-valuetext={`${state.rate} a second`}
        />
        <output htmlFor={id} className="figures">
          {state.rate} a second
        </output>
      </div>
    </div>
  );
}

import './dot.css';

/** A team's colour. */
export function Dot({ color }: { readonly color: string }) {
  return <span className="dot" style={{ background: color }} aria-hidden="true" />;
}

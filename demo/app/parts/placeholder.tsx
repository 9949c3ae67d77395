import './placeholder.css';
import type { ReactNode } from 'react';

/** Fills a place that has nothing to show, and says why. */
export function Placeholder(props: {
  readonly title: string;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
}) {
  return (
    <div className="placeholder">
      {props.icon}
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

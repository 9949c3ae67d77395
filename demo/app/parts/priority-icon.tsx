import { type Priority, priorityNames } from '../data/model.ts';

/** Bars that rise with urgency; a filled sign for what can't wait. */
export function PriorityIcon(props: { readonly priority: Priority; readonly isNamed?: boolean }) {
  const { priority, isNamed = false } = props;
  return (
    <svg
      className="glyph"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      role="img"
      aria-label={priorityNames[priority]}
      aria-hidden={!isNamed}
    >
      {priority === 4 ? (
        <>
          <rect x="1" y="1" width="14" height="14" rx="3.5" fill="var(--bad)" />
          <path d="M8 4.4v4.2M8 11.2v.2" stroke="var(--surface)" strokeWidth="1.8" strokeLinecap="round" />
        </>
      ) : priority === 0 ? (
        <path d="M2.5 8h2M7 8h2M11.5 8h2" stroke="var(--muted)" strokeWidth="1.5" strokeLinecap="round" />
      ) : (
        [1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 4.5 - 2.5}
            y={12 - bar * 3}
            width="3"
            height={bar * 3 + 1}
            rx="1"
            fill={bar <= priority ? 'var(--text)' : 'var(--border-strong)'}
          />
        ))
      )}
    </svg>
  );
}

import { type Status, statusNames } from '../data/model.ts';

/** How much of the circle is filled. */
const share: Readonly<Record<Status, number>> = { backlog: 0, todo: 0, doing: 0.5, review: 0.75, done: 1 };
const radius = 3;
const around = 2 * Math.PI * radius;

/** A circle that fills as work goes on. With `isNamed` it says what it stands for; beside a text it needn't. */
export function StatusIcon({
  status,
  isNamed = false,
}: {
  readonly status: Status;
  readonly isNamed?: boolean;
}) {
  const color = `var(--status-${status})`;
  return (
    <svg
      className="glyph"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      role="img"
      aria-label={statusNames[status]}
      aria-hidden={!isNamed}
    >
      <circle
        cx="8"
        cy="8"
        r="6.25"
        fill={status === 'done' ? color : 'none'}
        stroke={color}
        strokeWidth="1.5"
        strokeDasharray={status === 'backlog' ? '1.6 1.67' : undefined}
      />
      {status === 'done' ? (
        <path
          d="M5 8.2l2.1 2.1L11 6"
          fill="none"
          stroke="var(--surface)"
          strokeWidth="1.6"
          strokeLinecap="round"
        />
      ) : (
        share[status] > 0 && (
          <circle
            cx="8"
            cy="8"
            r={radius / 1.5}
            fill="none"
            stroke={color}
            strokeWidth={(radius / 1.5) * 2}
            strokeDasharray={`${(share[status] * around) / 1.5} ${around}`}
            transform="rotate(-90 8 8)"
          />
        )
      )}
    </svg>
  );
}

import './avatar.css';
import type { Person } from '../data/model.ts';

/** A person's initials on their colour; a dashed circle for nobody. */
export function Avatar({
  person,
  isNamed = false,
}: {
  readonly person: Person | undefined;
  readonly isNamed?: boolean;
}) {
  const name = person?.name ?? 'Nobody';
  const initials = person?.name
    .split(' ')
    .map(([letter]) => letter)
    .join('');
  return (
    <span
      className={person ? 'avatar' : 'avatar avatar-nobody'}
      style={person && { '--hue': person.avatar_hue }}
      role="img"
      aria-label={name}
      aria-hidden={!isNamed}
      title={isNamed ? name : undefined}
    >
      {initials}
    </span>
  );
}

import './navigation.css';
import { Activity, Columns3, ListTodo, type LucideIcon, SquareTerminal, Waves } from 'lucide-react';
import { Link, useRoute } from 'wouter';
import { Logo } from '../parts/logo.tsx';
import { DevtoolsSwitch } from './devtools-switch.tsx';
import { Recent } from './recent.tsx';
import { TeamLinks } from './team-links.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: LucideIcon;
}

const work: readonly Place[] = [
  { path: '/issues', name: 'Issues', icon: ListTodo },
  { path: '/board', name: 'Board', icon: Columns3 },
];

/** Views that show the database at work. */
const inside: readonly Place[] = [
  { path: '/traffic', name: 'Traffic', icon: Activity },
  { path: '/console', name: 'Console', icon: SquareTerminal },
  { path: '/stream', name: 'Stream', icon: Waves },
];

export function Navigation({ isKept }: { readonly isKept: boolean }) {
  return (
    <nav className="navigation" aria-label="Views">
      <div className="navigation-head">
        <Logo size={24} />
        <span className="navigation-text">Freshet</span>
      </div>
      <ul>
        {work.map((place) => (
          <PlaceLink key={place.path} {...place} />
        ))}
      </ul>
      <h2 className="navigation-text">The database</h2>
      <ul className="navigation-inside">
        {inside.map((place) => (
          <PlaceLink key={place.path} {...place} />
        ))}
      </ul>
      <TeamLinks />
      <Recent />
      <div className="navigation-foot">
        <p className="navigation-text">{isKept ? 'Kept in this browser' : 'In memory only'}</p>
        <DevtoolsSwitch />
        <ThemeSwitch />
      </div>
    </nav>
  );
}

function PlaceLink({ path, name, icon: Icon }: Place) {
  const [isHere] = useRoute(`${path}/*?`);
  return (
    <li>
      <Link href={path} className="navigation-link" aria-current={isHere ? 'page' : undefined} title={name}>
        <Icon aria-hidden="true" />
        <span className="navigation-name">{name}</span>
      </Link>
    </li>
  );
}

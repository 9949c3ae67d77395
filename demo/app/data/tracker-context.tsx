import { useQuery } from 'freshet/react-hooks';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import type { Edits } from './edits.ts';
import type { Database } from './freshet.ts';
import type { Person, Team } from './model.ts';

/** What every view needs: the database, ways to change it, and the people and teams that rows refer to by number. */
export interface TrackerParts {
  readonly db: Database;
  readonly edits: Edits;
  readonly teams: ReadonlyMap<number, Team>;
  readonly people: ReadonlyMap<number, Person>;
}

/** The person whose browser this is. */
export const me = 1;

const Context = createContext<TrackerParts | null>(null);

export function TrackerProvider(props: {
  readonly db: Database;
  readonly edits: Edits;
  readonly children: ReactNode;
}) {
  const { db, edits } = props;
  const { rows: teams } = useQuery<Team>('SELECT * FROM teams ORDER BY name', [], { throwErrors: true });
  const { rows: people, status } = useQuery<Person>('SELECT * FROM people ORDER BY name, id', [], {
    throwErrors: true,
  });
  const parts = useMemo<TrackerParts>(
    () => ({
      db,
      edits,
      teams: new Map(teams.map((team) => [team.id, team])),
      people: new Map(people.map((person) => [person.id, person])),
    }),
    [db, edits, teams, people],
  );
  // Nothing can be shown well without names, and they are there within some milliseconds.
  return status === 'loading' ? null : <Context value={parts}>{props.children}</Context>;
}

export function useTracker(): TrackerParts {
  const parts = useContext(Context);
  if (!parts) throw new Error('useTracker needs a <TrackerProvider> above it.');
  return parts;
}

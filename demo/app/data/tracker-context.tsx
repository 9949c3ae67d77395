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
  const teams = useQuery<Team>('SELECT * FROM teams ORDER BY name').rows;
  const people = useQuery<Person>('SELECT * FROM people ORDER BY name, id').rows;
  const parts = useMemo<TrackerParts>(
    () => ({
      db,
      edits,
      teams: new Map(teams.map((team) => [team.id, team])),
      people: new Map(people.map((person) => [person.id, person])),
    }),
    [db, edits, teams, people],
  );
  return <Context value={parts}>{props.children}</Context>;
}

export function useTracker(): TrackerParts {
  const parts = useContext(Context);
  if (!parts) throw new Error('useTracker needs a <TrackerProvider> above it.');
  return parts;
}

import { useMemo } from 'react';
import {
  type Priority,
  priorities,
  priorityNames,
  type Status,
  statuses,
  statusNames,
  tagNames,
} from '../data/model.ts';
import { me, useTracker } from '../data/tracker-context.tsx';
import { Avatar } from './avatar.tsx';
import { Dot } from './dot.tsx';
import type { Option } from './picker.tsx';
import { PriorityIcon } from './priority-icon.tsx';
import { StatusIcon } from './status-icon.tsx';

export const statusOptions: readonly Option<Status>[] = statuses.map((status) => ({
  value: status,
  name: statusNames[status],
  icon: <StatusIcon status={status} />,
}));

export const priorityOptions: readonly Option<Priority>[] = priorities.toReversed().map((priority) => ({
  value: priority,
  name: priorityNames[priority],
  icon: <PriorityIcon priority={priority} />,
}));

export const tagOptions: readonly Option<string>[] = tagNames.map((name) => ({ value: name, name }));

export function useTeamOptions(): readonly Option<number>[] {
  const { teams } = useTracker();
  return useMemo(
    () =>
      [...teams.values()].map(({ id, name, color }) => ({ value: id, name, icon: <Dot color={color} /> })),
    [teams],
  );
}

/** Nobody, then oneself, then the others by name. */
export function usePeopleOptions(): readonly Option<number>[] {
  const { people } = useTracker();
  return useMemo(() => {
    const all = [...people.values()].map((person) => ({
      value: person.id,
      name: person.id === me ? `${person.name} (you)` : person.name,
      icon: <Avatar person={person} />,
    }));
    const own = all.filter(({ value }) => value === me);
    return [
      { value: 0, name: 'Nobody', icon: <Avatar person={undefined} /> },
      ...own,
      ...all.filter(({ value }) => value !== me),
    ];
  }, [people]);
}

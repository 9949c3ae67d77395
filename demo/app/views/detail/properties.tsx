import './properties.css';
import { type ReactNode, useMemo } from 'react';
import { type Issue, type IssueDraft, priorityNames, statusNames, tagsOf } from '../../data/model.ts';
import { useTracker } from '../../data/tracker-context.tsx';
import { Avatar } from '../../parts/avatar.tsx';
import { Dot } from '../../parts/dot.tsx';
import {
  priorityOptions,
  statusOptions,
  tagOptions,
  usePeopleOptions,
  useTeamOptions,
} from '../../parts/options.tsx';
import { type Option, Picker } from '../../parts/picker.tsx';
import { PriorityIcon } from '../../parts/priority-icon.tsx';
import { StatusIcon } from '../../parts/status-icon.tsx';
import { Tag } from '../../parts/tag.tsx';
import { useAttempt } from '../../parts/use-attempt.ts';

/** What an issue is beside its texts. Picking is saving. */
export function Properties({ issue }: { readonly issue: Issue }) {
  const { edits, teams, people } = useTracker();
  const peopleOptions = usePeopleOptions();
  const teamOptions = useTeamOptions();
  const attempt = useAttempt();
  const tags = useMemo(() => tagsOf(issue.meta), [issue.meta]);
  const team = teams.get(issue.team_id);
  const person = issue.assignee_id === null ? undefined : people.get(issue.assignee_id);
  const change = (what: string, recipe: (draft: IssueDraft) => void): void =>
    void attempt(() => edits.change(issue.id, what, recipe));
  return (
    <dl className="properties">
      <Property
        name="Status"
        options={statusOptions}
        selected={[issue.status]}
        onPick={(status) =>
          change('status', (draft) => {
            draft.status = status;
          })
        }
      >
        <StatusIcon status={issue.status} /> {statusNames[issue.status]}
      </Property>
      <Property
        name="Priority"
        options={priorityOptions}
        selected={[issue.priority]}
        onPick={(priority) =>
          change('priority', (draft) => {
            draft.priority = priority;
          })
        }
      >
        <PriorityIcon priority={issue.priority} /> {priorityNames[issue.priority]}
      </Property>
      <Property
        name="Assignee"
        options={peopleOptions}
        selected={[issue.assignee_id ?? 0]}
        onPick={(id) =>
          change('assignee', (draft) => {
            draft.assignee_id = id === 0 ? null : id;
          })
        }
      >
        <Avatar person={person} /> <span className="truncate">{person?.name ?? 'Nobody'}</span>
      </Property>
      <Property
        name="Team"
        options={teamOptions}
        selected={[issue.team_id]}
        onPick={(id) =>
          change('team', (draft) => {
            draft.team_id = id;
          })
        }
      >
        {team && <Dot color={team.color} />} {team?.name}
      </Property>
      <Property
        name="Tags"
        isMultiple
        options={tagOptions}
        selected={tags}
        onPick={(tag) =>
          change('tags', ({ meta }) => {
            const at = meta.tags.indexOf(tag);
            if (at < 0) meta.tags.push(tag);
            else meta.tags.splice(at, 1);
          })
        }
      >
        {tags.length === 0 ? 'None' : tags.map((tag) => <Tag key={tag} name={tag} />)}
      </Property>
    </dl>
  );
}

interface PropertyProps<V> {
  readonly name: string;
  readonly options: readonly Option<V>[];
  readonly selected: readonly V[];
  readonly onPick: (value: V) => void;
  readonly isMultiple?: boolean;
  readonly children: ReactNode;
}

function Property<V extends string | number>({ name, children, ...rest }: PropertyProps<V>) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Picker label={`Change ${name.toLowerCase()}`} {...rest}>
          <button type="button" className="property">
            <span className="visually-hidden">{name}: </span>
            {children}
          </button>
        </Picker>
      </dd>
    </div>
  );
}

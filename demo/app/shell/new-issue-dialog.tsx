import './new-issue-dialog.css';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { issueName, type Priority, priorityNames, type Status, statusNames } from '../data/model.ts';
import { useTracker } from '../data/tracker-context.tsx';
import { Avatar } from '../parts/avatar.tsx';
import { Button } from '../parts/button.tsx';
import { Dot } from '../parts/dot.tsx';
import { Modal } from '../parts/modal.tsx';
import {
  priorityOptions,
  statusOptions,
  tagOptions,
  usePeopleOptions,
  useTeamOptions,
} from '../parts/options.tsx';
import { Picker } from '../parts/picker.tsx';
import { PriorityIcon } from '../parts/priority-icon.tsx';
import { StatusIcon } from '../parts/status-icon.tsx';
import { useToast } from '../parts/toasts.tsx';
import { useAttempt } from '../parts/use-attempt.ts';

export function NewIssueDialog({ onClose }: { readonly onClose: () => void }) {
  const { edits, people, teams } = useTracker();
  const peopleOptions = usePeopleOptions();
  const teamOptions = useTeamOptions();
  const attempt = useAttempt();
  const say = useToast();
  const [, navigate] = useLocation();
  const [title, setTitle] = useState('');
  const [body, setBody] = useState('');
  const [status, setStatus] = useState<Status>('todo');
  const [priority, setPriority] = useState<Priority>(0);
  const [teamId, setTeam] = useState(1);
  const [assignee, setAssignee] = useState(0);
  const [tags, setTags] = useState<readonly string[]>([]);
  const team = teams.get(teamId);
  const person = people.get(assignee);

  const submit = async (event?: FormEvent): Promise<void> => {
    event?.preventDefault();
    if (title.trim() === '') return;
    onClose();
    await attempt(async () => {
      const id = await edits.create({
        title: title.trim(),
        body: body.trim(),
        status,
        priority,
        team_id: teamId,
        assignee_id: assignee === 0 ? null : assignee,
        tags,
      });
      say(`${issueName(id)} created`, { action: { name: 'Open', run: () => navigate(`/issues/${id}`) } });
    });
  };

  return (
    <Modal title="New issue" onClose={onClose}>
      <form
        className="new-issue"
        onSubmit={submit}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
        }}
      >
        <input
          className="new-issue-title"
          aria-label="Title"
          placeholder="Title"
          required
          maxLength={200}
          autoComplete="off"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
        <textarea
          className="new-issue-body"
          aria-label="Description"
          placeholder="Description"
          rows={5}
          value={body}
          onChange={(event) => setBody(event.target.value)}
        />
        <div className="new-issue-properties">
          <Picker label="Status" options={statusOptions} selected={[status]} onPick={setStatus}>
            <button type="button" className="chip">
              <StatusIcon status={status} /> {statusNames[status]}
            </button>
          </Picker>
          <Picker label="Priority" options={priorityOptions} selected={[priority]} onPick={setPriority}>
            <button type="button" className="chip">
              <PriorityIcon priority={priority} /> {priorityNames[priority]}
            </button>
          </Picker>
          <Picker label="Team" options={teamOptions} selected={[teamId]} onPick={setTeam}>
            <button type="button" className="chip">
              {team && <Dot color={team.color} />} {team?.name ?? 'Team'}
            </button>
          </Picker>
          <Picker label="Assignee" options={peopleOptions} selected={[assignee]} onPick={setAssignee}>
            <button type="button" className="chip">
              <Avatar person={person} /> {person?.name ?? 'Assignee'}
            </button>
          </Picker>
          <Picker
            label="Tags"
            isMultiple
            options={tagOptions}
            selected={tags}
            onPick={(tag) =>
              setTags((now) => (now.includes(tag) ? now.filter((one) => one !== tag) : [...now, tag]))
            }
          >
            <button type="button" className="chip">
              {tags.length === 0 ? 'Tags' : tags.join(', ')}
            </button>
          </Picker>
        </div>
        <div className="new-issue-foot">
          <Button kind="plain" onClick={onClose}>
            Cancel
          </Button>
          <Button kind="primary" type="submit" disabled={title.trim() === ''}>
            Create issue
          </Button>
        </div>
      </form>
    </Modal>
  );
}

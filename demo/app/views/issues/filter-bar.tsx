import './filter-bar.css';
import { ArrowUpDown, ChevronDown, X } from 'lucide-react';
import { type ComponentProps, useMemo } from 'react';
import { useFilter } from '../../data/filter-context.tsx';
import { facetsIn, noFilter } from '../../data/issue-filter.ts';
import { orderNames, orders } from '../../data/list/issue-source.ts';
import { type Priority, type Status, statuses, statusNames } from '../../data/model.ts';
import { me } from '../../data/tracker-context.tsx';
import { useCounts } from '../../data/use-counts.ts';
import { Button } from '../../parts/button.tsx';
import { priorityOptions, usePeopleOptions, useTeamOptions } from '../../parts/options.tsx';
import { type Option, Picker } from '../../parts/picker.tsx';
import { StatusIcon } from '../../parts/status-icon.tsx';

const number = new Intl.NumberFormat('en');
const orderOptions = orders.map((order) => ({ value: order, name: orderNames[order] }));

/** What narrows a list, each with how many issues there are of it. The board has a column for each status. */
export function FilterBar({ isBoard = false }: { readonly isBoard?: boolean }) {
  const { filter, order, setFilter, setOrder, toggle } = useFilter();
  const people = usePeopleOptions();
  const assigneeCounts = useCounts<number>(filter, 'assignees');
  const teams = useCounted(useTeamOptions(), useCounts<number>(filter, 'teams'));
  const priorities = useCounted(priorityOptions, useCounts<Priority>(filter, 'priorities'));
  const assignees = useCounted(people, assigneeCounts);
  const isMine = filter.assignees.length === 1 && filter.assignees[0] === me;
  return (
    <div className="filter-bar" role="toolbar" aria-label="Filters">
      {!isBoard && <StatusChips />}
      <button
        type="button"
        className="chip"
        aria-pressed={isMine}
        onClick={() => setFilter({ ...filter, assignees: isMine ? [] : [me] })}
      >
        Mine <span className="chip-count figures">{number.format(assigneeCounts.get(me) ?? 0)}</span>
      </button>
      <Picker
        label="Filter by team"
        isMultiple
        options={teams}
        selected={filter.teams}
        onPick={(id) => toggle('teams', id)}
      >
        <FilterButton name="Team" options={teams} selected={filter.teams} />
      </Picker>
      <Picker
        label="Filter by assignee"
        isMultiple
        options={assignees}
        selected={filter.assignees}
        onPick={(id) => toggle('assignees', id)}
      >
        <FilterButton name="Assignee" options={assignees} selected={filter.assignees} />
      </Picker>
      <Picker
        label="Filter by priority"
        isMultiple
        options={priorities}
        selected={filter.priorities}
        onPick={(priority) => toggle('priorities', priority)}
      >
        <FilterButton name="Priority" options={priorities} selected={filter.priorities} />
      </Picker>
      {facetsIn(filter) > 0 && (
        <Button kind="quiet" onClick={() => setFilter({ ...noFilter, search: filter.search })}>
          <X aria-hidden="true" /> Clear
        </Button>
      )}
      {!isBoard && (
        <Picker label="Order" options={orderOptions} selected={[order]} onPick={setOrder}>
          <Button kind="quiet" className="filter-order">
            <ArrowUpDown aria-hidden="true" /> {orderNames[order]}
          </Button>
        </Picker>
      )}
    </div>
  );
}

function StatusChips() {
  const { filter, toggle } = useFilter();
  const counts = useCounts<Status>(filter, 'statuses');
  return statuses.map((status) => (
    <button
      key={status}
      type="button"
      className="chip"
      aria-pressed={filter.statuses.includes(status)}
      onClick={() => toggle('statuses', status)}
    >
      <StatusIcon status={status} />
      {statusNames[status]}
      <span className="chip-count figures">{number.format(counts.get(status) ?? 0)}</span>
    </button>
  ));
}

interface FilterButtonProps<V> extends ComponentProps<'button'> {
  readonly name: string;
  readonly options: readonly Option<V>[];
  readonly selected: readonly V[];
}

/** Says what is picked, if it is one, or how many are. */
function FilterButton<V>({ name, options, selected, ...rest }: FilterButtonProps<V>) {
  const only = selected.length === 1 ? options.find(({ value }) => value === selected[0]) : undefined;
  return (
    <button type="button" className="chip" data-on={selected.length > 0 || undefined} {...rest}>
      {only?.icon}
      {only ? only.name : selected.length > 0 ? `${name}: ${selected.length}` : name}
      <ChevronDown aria-hidden="true" />
    </button>
  );
}

function useCounted<V>(options: readonly Option<V>[], counts: ReadonlyMap<V, number>): readonly Option<V>[] {
  return useMemo(
    () => options.map((option) => ({ ...option, count: counts.get(option.value) ?? 0 })),
    [options, counts],
  );
}

import { useLocation } from 'wouter';
import { useFilter } from '../data/filter-context.tsx';
import { noFilter } from '../data/issue-filter.ts';
import { useTracker } from '../data/tracker-context.tsx';
import { useCounts } from '../data/use-counts.ts';
import { Dot } from '../parts/dot.tsx';

const number = new Intl.NumberFormat('en');

/** The teams with how many issues each has under the present filter. */
export function TeamLinks() {
  const { teams } = useTracker();
  const { filter, setFilter } = useFilter();
  const [path, navigate] = useLocation();
  const counts = useCounts<number>(filter, 'teams');
  const show = (id: number): void => {
    const isOnly = filter.teams.length === 1 && filter.teams[0] === id;
    setFilter({ ...filter, teams: isOnly ? noFilter.teams : [id] });
    if (!/^\/(issues|board)/.test(path)) navigate('/issues');
  };
  return (
    <section className="navigation-more" aria-labelledby="teams-title">
      <h2 id="teams-title">Teams</h2>
      <ul>
        {[...teams.values()].map(({ id, name, color }) => (
          <li key={id}>
            <button
              type="button"
              className="navigation-link"
              aria-pressed={filter.teams.includes(id)}
              onClick={() => show(id)}
            >
              <Dot color={color} />
              <span className="truncate">{name}</span>
              <span className="navigation-count figures">{number.format(counts.get(id) ?? 0)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

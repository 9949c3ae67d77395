import './table-filter.css';
import { useQuery } from 'freshet/react-hooks';

/** Tables that people write to; those a virtual table keeps for itself aren't. */
const tablesOf = `
  SELECT name FROM pragma_table_list
  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`;

/** Chooses the tables whose commits are shown; none chosen means all. */
export function TableFilter(props: {
  readonly chosen: readonly string[];
  readonly choose: (tables: readonly string[]) => void;
}) {
  const { chosen, choose } = props;
  const { rows } = useQuery<{ name: string }>(tablesOf);
  return (
    <fieldset className="table-filter">
      <legend className="visually-hidden">Only commits that change</legend>
      <button type="button" aria-pressed={chosen.length === 0} onClick={() => choose([])}>
        All
      </button>
      {rows.map(({ name }) => {
        const isChosen = chosen.includes(name);
        return (
          <button
            key={name}
            type="button"
            aria-pressed={isChosen}
            onClick={() => choose(isChosen ? chosen.filter((one) => one !== name) : [...chosen, name])}
          >
            {name}
          </button>
        );
      })}
    </fieldset>
  );
}

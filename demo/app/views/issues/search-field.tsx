import './search-field.css';
import { Search, X } from 'lucide-react';
import type { Ref } from 'react';
import { useFilter } from '../../data/filter-context.tsx';
import { Kbd } from '../../parts/kbd.tsx';

interface SearchFieldProps {
  readonly field: Ref<HTMLInputElement>;
  /** Goes on to what was found. */
  readonly onLeave: () => void;
}

/** Searches titles and bodies while one types; by number, too. */
export function SearchField({ field, onLeave }: SearchFieldProps) {
  const { filter, setFilter } = useFilter();
  const search = (text: string): void => setFilter({ ...filter, search: text });
  return (
    <search className="search-field">
      <Search aria-hidden="true" />
      <input
        ref={field}
        inputMode="search"
        enterKeyHint="search"
        aria-label="Search issues"
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        value={filter.search}
        onChange={(event) => search(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            if (filter.search === '') event.currentTarget.blur();
            search('');
          } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
            onLeave();
          } else return;
          event.preventDefault();
        }}
      />
      {filter.search === '' ? (
        <Kbd keys="/" />
      ) : (
        <button type="button" aria-label="Clear the search" onClick={() => search('')}>
          <X aria-hidden="true" />
        </button>
      )}
    </search>
  );
}

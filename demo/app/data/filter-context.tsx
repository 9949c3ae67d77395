import { createContext, type ReactNode, useContext, useMemo, useState } from 'react';
import { type Facet, type IssueFilter, noFilter } from './issue-filter.ts';
import type { Order } from './list/issue-source.ts';

interface FilterState {
  readonly filter: IssueFilter;
  readonly order: Order;
  readonly setFilter: (filter: IssueFilter) => void;
  readonly setOrder: (order: Order) => void;
  /** Takes a value into a facet, or out of it. */
  readonly toggle: <F extends Facet>(facet: F, value: IssueFilter[F][number]) => void;
}

const Context = createContext<FilterState | null>(null);

/** What the list and the board are narrowed to; it stays when one leaves them and comes back. */
export function FilterProvider({ children }: { readonly children: ReactNode }) {
  const [filter, setFilter] = useState(noFilter);
  const [order, setOrder] = useState<Order>('newest');
  const state = useMemo<FilterState>(
    () => ({
      filter,
      order,
      setFilter,
      setOrder,
      toggle: (facet, value) =>
        setFilter((now) => {
          const values: readonly unknown[] = now[facet];
          const next = values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
          return { ...now, [facet]: next };
        }),
    }),
    [filter, order],
  );
  return <Context value={state}>{children}</Context>;
}

export function useFilter(): FilterState {
  const state = useContext(Context);
  if (!state) throw new Error('useFilter needs a <FilterProvider> above it.');
  return state;
}

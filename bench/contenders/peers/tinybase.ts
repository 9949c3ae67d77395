import { createIndexes, createQueries, createStore } from 'tinybase';
import type { Contender, Watched } from '../../contender.ts';
import { issues, owners, type TableName } from '../../workloads/data.ts';
import type { Query } from '../../workloads/queries.ts';
import type { Write } from '../../workloads/write.ts';

type Cells = Record<string, string | number>;

export function create(): Contender {
  const store = createStore();
  const queries = createQueries(store);
  const indexes = createIndexes(store);
  const known = new Set<string>();
  const write = ({ shape, id, patch }: Write) => {
    store.setPartialRow(shape.table, String(id), patch);
  };
  const fill = (table: TableName, rows: Iterable<object>) => {
    for (const row of rows as Iterable<Cells>) {
      const { id, ...cells } = row;
      store.setRow(table, String(id), cells);
    }
  };
  const row = (id: string) => ({ id: Number(id), ...store.getRow('issues', id) });
  return {
    mode: 'W1 and W3 by its queries module, W2 by sorted row ids of the store, W4 by an index on owner_id with listeners on the rows of a slice; one transaction a write; subscribers get ids in order and look up the rows',
    told: 'changed answers',
    cannot: { relation: "TinyBase's queries join one row to one: no count of many" },
    load: (data) => {
      store.transaction(() => {
        fill('owners', owners(data));
        fill('issues', issues(data));
      });
    },
    watch: (query, heard) => {
      const asked = { topK, sorted, aggregate, byOwner };
      if (query.name === 'relation') throw new Error('TinyBase cannot ask it');
      return asked[query.name](query, heard);
    },
    writer: () => write,
    transaction: (writes) => {
      store.transaction(() => {
        for (const one of writes) write(one);
      });
    },
    close: () => {},
  };

  function topK(query: Query, heard: (length: number, first: unknown) => void): Watched {
    queries.setQueryDefinition(query.name, 'issues', ({ select, where }) => {
      for (const column of ['owner_id', 'status', 'priority', 'created', 'title']) select(column);
      where('status', 'open');
    });
    const order = ['created', true, 0, 50] as const;
    let ids = queries.getResultSortedRowIds(query.name, ...order);
    let inside = new Set(ids);
    let changed = false;
    const orderListener = queries.addResultSortedRowIdsListener(
      query.name,
      ...order,
      (_, __, ___, ____, _____, ______, sorted) => {
        ids = sorted;
        inside = new Set(ids);
        changed = true;
      },
    );
    const cellListener = queries.addResultRowListener(query.name, null, (_, __, id) => {
      if (inside.has(id)) changed = true;
    });
    const tell = () => {
      changed = false;
      heard(ids.length, row(ids[0] ?? ''));
    };
    const end = store.addDidFinishTransactionListener(() => {
      if (changed) tell();
    });
    tell();
    return {
      rows: () => ids.map(row),
      stop: () => {
        queries.delListener(orderListener);
        queries.delListener(cellListener);
        store.delListener(end);
        queries.delQueryDefinition(query.name);
      },
    };
  }

  function sorted(_: Query, heard: (length: number, first: unknown) => void): Watched {
    let ids = store.getSortedRowIds('issues', 'created', true);
    let changed = false;
    const order = store.addSortedRowIdsListener('issues', 'created', true, 0, undefined, (...told) => {
      ids = told[6];
      changed = true;
    });
    const cells = store.addTableListener('issues', () => {
      changed = true;
    });
    const tell = () => {
      changed = false;
      heard(ids.length, row(ids[0] ?? ''));
    };
    const end = store.addDidFinishTransactionListener(() => {
      if (changed) tell();
    });
    tell();
    return {
      rows: () => ids.map(row),
      stop: () => {
        for (const listener of [order, cells, end]) store.delListener(listener);
      },
    };
  }

  function aggregate(query: Query, heard: (length: number, first: unknown) => void): Watched {
    queries.setQueryDefinition(query.name, 'issues', ({ select, join, where, group }) => {
      select('owners', 'team');
      select('priority');
      select((_, id) => id).as('issue');
      // Only a string finds its row again when that row changes.
      join('owners', (getCell) => String(getCell('owner_id')));
      where('status', 'open');
      group('priority', 'sum').as('p');
      group('issue', 'count').as('n');
    });
    const rows = () => Object.values(queries.getResultTable(query.name));
    const tell = () => {
      const answer = rows();
      heard(answer.length, answer[0]);
    };
    const listener = queries.addResultTableListener(query.name, tell);
    tell();
    return {
      rows,
      stop: () => {
        queries.delListener(listener);
        queries.delQueryDefinition(query.name);
      },
    };
  }

  function byOwner(query: Query, heard: (length: number, first: unknown) => void): Watched {
    if (!known.has('byOwner')) indexes.setIndexDefinition('byOwner', 'issues', 'owner_id');
    known.add('byOwner');
    const slice = String(query.params[0]);
    let ids: readonly string[] = [];
    let listeners: string[] = [];
    const tell = () => heard(ids.length, row(ids[0] ?? ''));
    const follow = () => {
      for (const listener of listeners) store.delListener(listener);
      ids = indexes.getSliceRowIds('byOwner', slice);
      listeners = ids.map((id) => store.addRowListener('issues', id, tell));
    };
    const members = indexes.addSliceRowIdsListener('byOwner', slice, () => {
      follow();
      tell();
    });
    follow();
    tell();
    return {
      rows: () => ids.map(row),
      stop: () => {
        for (const listener of listeners) store.delListener(listener);
        indexes.delListener(members);
      },
    };
  }
}

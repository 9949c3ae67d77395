import { Collection, createIndex } from '@signaldb/core';
import type { Contender } from '../../contender.ts';
import { type Issue, issues, type Owner, owners } from '../../workloads/data.ts';
import type { Query } from '../../workloads/queries.ts';
import type { Write } from '../../workloads/write.ts';

export function create(): Contender {
  let issueCollection: Collection<Issue, number>;
  let ownerCollection: Collection<Owner, number>;
  let indexed: 'status' | 'owner_id' | null = null;
  const rows: Issue[] = [];
  const update = ({ shape, id, patch }: Write) =>
    (shape.table === 'issues' ? issueCollection : ownerCollection).updateOne({ id }, { $set: patch });
  /** An index is rebuilt on every write, so a workload gets the one that its query can use and no other. */
  const open = (column: typeof indexed) => {
    indexed = column;
    issueCollection = new Collection<Issue, number>({
      memory: rows,
      indices: column === null ? [] : [createIndex(column)],
    });
  };
  return {
    mode: 'in memory, an index on status for W1 or on owner_id for W4 (SignalDB rebuilds its indexes at every write); observeChanges, then one fetch() of the answer',
    told: 'changed answers',
    cannot: {
      aggregate: 'SignalDB has no joins and no aggregates',
      relation: 'SignalDB has no joins and no aggregates',
    },
    load: (data) => {
      ownerCollection = new Collection<Owner, number>({ memory: [...owners(data)] });
      for (const row of issues(data)) rows.push(row);
      open(null);
    },
    watch: (query, heard) => {
      if (query.name === 'byOwner' && indexed === null) open('owner_id');
      if (query.name === 'topK' && indexed === null) open('status');
      const cursor = find(issueCollection, query);
      let stale = false;
      let answer: readonly Issue[] = cursor.fetch();
      const changed = () => {
        if (stale) return;
        stale = true;
        // Several callbacks come with one change: the answer is fetched after the last.
        queueMicrotask(() => {
          stale = false;
          answer = cursor.fetch();
          heard(answer.length, answer[0]);
        });
      };
      const stop = cursor.observeChanges(
        { added: changed, changed, movedBefore: changed, removed: changed },
        true,
      );
      heard(answer.length, answer[0]);
      return {
        rows: () => answer,
        stop: () => {
          stop();
          cursor.cleanup();
        },
      };
    },
    writer: () => update,
    transaction: (writes) => {
      issueCollection.batch(() => {
        for (const write of writes) update(write);
      });
    },
    close: () => {},
  };
}

function find(collection: Collection<Issue, number>, { name, params }: Query) {
  if (name === 'topK') return collection.find({ status: 'open' }, { sort: { created: -1 }, limit: 50 });
  if (name === 'sorted') return collection.find({}, { sort: { created: -1 } });
  return collection.find({ owner_id: params[0] ?? 0 });
}

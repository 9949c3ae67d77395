import {
  BTreeIndex,
  type Collection,
  coalesce,
  count,
  createCollection,
  createLiveQueryCollection,
  eq,
  sum,
} from '@tanstack/db';
import type { Contender } from '../../contender.ts';
import { type Comment, comments, type Issue, issues, type Owner, owners } from '../../workloads/data.ts';
import type { Query } from '../../workloads/queries.ts';
import type { Write } from '../../workloads/write.ts';

interface Change<T> {
  readonly type: 'insert' | 'update';
  readonly value: T;
}

interface Sync<T extends object> {
  begin(): void;
  write(change: Change<T>): void;
  commit(): unknown;
  markReady(): void;
}

/** A collection fed as by a sync engine, without the optimistic layer's drafts. */
class Source<T extends { readonly id: number }> {
  readonly collection: Collection<T, number>;
  #sync!: Sync<T>;

  constructor(id: string) {
    this.collection = createCollection<T, number>({
      id,
      getKey: (row) => row.id,
      startSync: true,
      sync: {
        rowUpdateMode: 'full',
        sync: (sync) => {
          this.#sync = sync as Sync<T>;
        },
      },
      defaultIndexType: BTreeIndex,
      autoIndex: 'eager',
    });
  }

  fill(rows: Iterable<T>): void {
    this.#sync.begin();
    for (const value of rows) this.#sync.write({ type: 'insert', value });
    this.#sync.commit();
    this.#sync.markReady();
  }

  begin(): void {
    this.#sync.begin();
  }

  write({ shape, id, patch }: Write): void {
    const value = { ...this.collection.get(id), ...patch } as unknown as T;
    this.#sync.write({ type: shape.type, value });
  }

  commit(): void {
    this.#sync.commit();
  }
}

export function create(): Contender {
  const ownersSource = new Source<Owner>('owners');
  const issuesSource = new Source<Issue>('issues');
  const commentsSource = new Source<Comment>('comments');
  const sources = { owners: ownersSource, issues: issuesSource, comments: commentsSource };
  return {
    mode: 'rows written as by a sync engine (begin, write, commit; no optimistic layer), B-tree indexes made eagerly for what queries want; a subscriber gets the live collection, reads its size and its first row, and makes no array of it',
    told: 'changed answers',
    cannot: {},
    load: (data, withComments) => {
      ownersSource.fill(owners(data));
      issuesSource.fill(issues(data));
      commentsSource.fill(withComments ? comments(data) : []);
      for (const column of ['owner_id', 'created', 'status', 'priority'] as const) {
        issuesSource.collection.createIndex((row) => row[column], { indexType: BTreeIndex });
      }
      commentsSource.collection.createIndex((row) => row.issue_id, { indexType: BTreeIndex });
    },
    watch: async (query, heard) => {
      const live = ask(query, sources);
      await live.preload();
      const tell = () => heard(live.size, live.values().next().value);
      const subscription = live.subscribeChanges(tell);
      tell();
      return {
        rows: () => live.toArray,
        stop: async () => {
          subscription.unsubscribe();
          await live.cleanup();
        },
      };
    },
    writer: ({ table }) => {
      const source = sources[table];
      return (write) => {
        source.begin();
        source.write(write);
        source.commit();
      };
    },
    transaction: (writes) => {
      const touched = new Set(writes.map(({ shape }) => sources[shape.table]));
      for (const source of touched) source.begin();
      for (const write of writes) sources[write.shape.table].write(write);
      for (const source of touched) source.commit();
    },
    close: () => {},
  };
}

interface Sources {
  readonly owners: Source<Owner>;
  readonly issues: Source<Issue>;
  readonly comments: Source<Comment>;
}

function ask(query: Query, sources: Sources): Collection<object, string | number> {
  const issues = sources.issues.collection;
  const owners = sources.owners.collection;
  const comments = sources.comments.collection;
  const asked = {
    topK: () =>
      createLiveQueryCollection((q) =>
        q
          .from({ i: issues })
          .where(({ i }) => eq(i.status, 'open'))
          .orderBy(({ i }) => i.created, 'desc')
          .limit(50),
      ),
    sorted: () =>
      createLiveQueryCollection((q) => q.from({ i: issues }).orderBy(({ i }) => i.created, 'desc')),
    aggregate: () =>
      createLiveQueryCollection((q) =>
        q
          .from({ i: issues })
          .innerJoin({ o: owners }, ({ i, o }) => eq(i.owner_id, o.id))
          .where(({ i }) => eq(i.status, 'open'))
          .groupBy(({ o }) => o.team)
          .select(({ i, o }) => ({ team: o.team, n: count(i.id), p: sum(i.priority) })),
      ),
    byOwner: () =>
      createLiveQueryCollection((q) =>
        q.from({ i: issues }).where(({ i }) => eq(i.owner_id, query.params[0] ?? 0)),
      ),
    relation: () =>
      createLiveQueryCollection((q) => {
        const counts = q
          .from({ c: comments })
          .groupBy(({ c }) => c.issue_id)
          .select(({ c }) => ({ issue_id: c.issue_id, n: count(c.id) }));
        return q
          .from({ i: issues })
          .innerJoin({ o: owners }, ({ i, o }) => eq(i.owner_id, o.id))
          .leftJoin({ k: counts }, ({ i, k }) => eq(i.id, k.issue_id))
          .where(({ i }) => eq(i.priority, 4))
          .orderBy(({ i }) => i.created, 'desc')
          .limit(50)
          .select(({ i, o, k }) => ({
            id: i.id,
            owner_id: i.owner_id,
            status: i.status,
            priority: i.priority,
            created: i.created,
            title: i.title,
            name: o.name,
            n: coalesce(k?.n, 0),
          }));
      }),
  }[query.name]();
  return asked as unknown as Collection<object, string | number>;
}

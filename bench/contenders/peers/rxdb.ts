import { createRxDatabase, type RxCollection, type RxDocument } from 'rxdb/plugins/core';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import type { Contender, Watched } from '../../contender.ts';
import { issues, owners, type TableName } from '../../workloads/data.ts';
import type { Query } from '../../workloads/queries.ts';
import type { Write } from '../../workloads/write.ts';

type Doc = Record<string, string | number>;

const whole = { type: 'integer', minimum: 0, maximum: 2_000_000_000, multipleOf: 1 } as const;
const text = { type: 'string', maxLength: 100 } as const;

function schema(properties: Record<string, typeof whole | typeof text>, indexes: (string | string[])[]) {
  return {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    // RxDB's primary keys are strings.
    properties: { id: { type: 'string', maxLength: 10 }, ...properties },
    required: ['id', ...Object.keys(properties)],
    indexes,
  } as const;
}

export async function create(): Promise<Contender> {
  const db = await createRxDatabase({
    name: 'bench',
    storage: getRxStorageMemory(),
    multiInstance: false,
    eventReduce: true,
  });
  const collections = (await db.addCollections({
    owners: { schema: schema({ name: text, team: whole }, []) },
    issues: {
      schema: schema({ owner_id: whole, status: text, priority: whole, created: whole, title: text }, [
        ['status', 'created'],
        'owner_id',
        'created',
      ]),
    },
  } as never)) as unknown as Record<TableName, RxCollection<Doc>>;
  const documents = new Map<string, RxDocument<Doc>>();
  return {
    mode: 'memory storage, one instance, eventReduce on, no validation; indexes (status, created), owner_id, created; descending order is sorted anew, as its indexes ascend; incrementalPatch of a document at hand, bulkUpsert for the burst',
    told: 'changed answers',
    cannot: {
      aggregate: 'RxDB queries one collection: no joins, no aggregates',
      relation: 'RxDB queries one collection: no joins, no aggregates',
    },
    load: async (data) => {
      await insert(collections.owners, owners(data));
      await insert(collections.issues, issues(data));
    },
    watch: (query, heard) =>
      new Promise<Watched>((resolve, reject) => {
        let rows: readonly RxDocument<Doc>[] = [];
        let first = true;
        const subscription = find(collections.issues, query).$.subscribe({
          error: reject,
          next: (documents: readonly RxDocument<Doc>[]) => {
            rows = documents;
            heard(rows.length, rows[0]);
            if (!first) return;
            first = false;
            resolve({
              rows: () => rows.map((document) => document.toJSON()),
              stop: () => subscription.unsubscribe(),
            });
          },
        });
      }),
    expect: async (writes) => {
      for (const table of new Set(writes.map(({ shape }) => shape.table))) {
        const ids = writes.filter(({ shape }) => shape.table === table).map(({ id }) => String(id));
        const found = await collections[table].findByIds([...new Set(ids)]).exec();
        for (const [id, document] of found) documents.set(`${table} ${id}`, document);
      }
    },
    writer:
      ({ table }) =>
      (write) => {
        const document = documents.get(`${table} ${write.id}`) as RxDocument<Doc>;
        return document.incrementalPatch(write.patch);
      },
    transaction: (writes) => burst(collections.issues, documents, writes),
    close: async () => {
      await db.close();
    },
  };
}

async function insert(collection: RxCollection<Doc>, rows: Iterable<object>): Promise<void> {
  const { error } = await collection.bulkInsert(
    Array.from(rows as Iterable<Doc>, (row) => ({ ...row, id: String(row.id) })),
  );
  if (error.length > 0) throw new Error(`RxDB refused ${error.length} documents`);
}

function find(collection: RxCollection<Doc>, { name, params }: Query) {
  if (name === 'topK') {
    return collection.find({ selector: { status: 'open' }, sort: [{ created: 'desc' }], limit: 50 });
  }
  if (name === 'sorted') return collection.find({ selector: {}, sort: [{ created: 'desc' }] });
  return collection.find({ selector: { owner_id: params[0] ?? 0 } });
}

/** bulkUpsert takes whole documents, and one change to each. */
async function burst(
  collection: RxCollection<Doc>,
  documents: ReadonlyMap<string, RxDocument<Doc>>,
  writes: readonly Write[],
): Promise<void> {
  const last = new Map<number, Doc>();
  for (const { id, patch } of writes) {
    const document = documents.get(`issues ${id}`) as RxDocument<Doc>;
    last.set(id, { ...document.getLatest().toMutableJSON(), ...patch });
  }
  const { error } = await collection.bulkUpsert([...last.values()]);
  if (error.length > 0) throw new Error(`RxDB refused ${error.length} documents`);
}

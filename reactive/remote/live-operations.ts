import type { Host, Operations } from '../../core/remote/host.ts';
import type { Session } from '../../core/remote/session.ts';
import { encodeError } from '../../core/remote/wire.ts';
import type { Params, Row } from '../../core/values.ts';
import type { Recipient } from '../audience.ts';
import type { InspectionFeed, InspectionRequest } from '../inspect/inspection-feed.ts';
import type { RowDelta } from '../live-delta.ts';
import { LiveRegistry } from '../live-registry.ts';
import type { Entry } from '../maintain/entry.ts';
import type { Materialisation } from '../materialisation.ts';
import type { Snapshot } from '../result/snapshot.ts';
import { differenceAs } from '../result/snapshot-difference.ts';
import type { Inspected, LiveMessage, LiveOpened, WireChange, WireRow } from './live-wire.ts';

/** Numbers that the other side gives, kept apart from those that a session gives itself. */
const handleOf = (id: unknown): number => -(id as number);

/** What a session keeps of a live query. */
interface OpenQuery {
  readonly answer: Materialisation;
  close(): void;
}

/** Live queries for those whose engine this is: differences cross the port, not answers. */
export const liveOperations: Operations = {
  'live:open': {
    run(host, { session, args: [id, sql, params] }): LiveOpened {
      const registry = LiveRegistry.of(host.engine);
      const recipient = sendingTo(session, host, id as number);
      const given = params as Params | undefined;
      const answer = registry.subscribe(sql as string, given, recipient, () => {});
      const open: OpenQuery = { answer, close: () => registry.unsubscribe(answer, recipient) };
      session.keep(open, handleOf(id));
      // Before the schema is in order there is no plan to explain.
      return { explain: registry.explain(sql as string, given) };
    },
  },
  'live:close': { run: (_host, { session, args: [id] }) => session.release(handleOf(id)), isFree: true },
  'live:settled': { run: (host) => LiveRegistry.of(host.engine).settled(), isFree: true },
  'live:explain': {
    run: (host, { args: [sql, params] }) =>
      LiveRegistry.of(host.engine).explain(sql as string, params as Params | undefined),
  },

  // Free, so that a look from outside of a transaction that is open doesn't wait for its end.
  'inspect:open': {
    run: (host, { session, args: [slowMs] }) =>
      session.keep(LiveRegistry.of(host.engine).inspect(slowMs as number)),
    isFree: true,
  },
  'inspect:read': {
    async run(_host, { session, args: [feed, request, ids] }): Promise<Inspected> {
      const { read } = session.resource(feed) as InspectionFeed;
      const own = (ids as readonly number[]).flatMap((id) => {
        const opened = session.resource(handleOf(id)) as OpenQuery | undefined;
        return opened ? [[opened.answer.id, id] as const] : [];
      });
      return { inspection: await read(request as InspectionRequest), own };
    },
    isFree: true,
  },
  'inspect:close': { run: (_host, { session, args: [feed] }) => session.release(feed), isFree: true },
};

function sendingTo(session: Session, host: Host, id: number): Recipient {
  let columns: readonly string[] = [];
  const send = (message: LiveMessage): void => session.emit('live', message);
  return {
    schedule: 'sync',
    next(next, seen) {
      const commit = host.engine.hub.lastLsn;
      const now = columnsOf(next) ?? columns;
      // Another schema, other columns: what was sent before tells nothing of these rows.
      if (seen && now.length === columns.length && now.join('\0') === columns.join('\0')) {
        send({ id, kind: 'changes', commit, changes: differenceAs(seen, next, asItem).map(wired) });
      } else {
        const rows = next.items().map((item) => rowOf(item as Entry, now.length));
        send({ id, kind: 'answer', commit, columns: now, rows });
      }
      columns = now;
    },
    error(error) {
      session.release(handleOf(id));
      send({ id, kind: 'error', error: encodeError(error) });
    },
    complete() {
      session.release(handleOf(id));
      send({ id, kind: 'end' });
    },
  };
}

/** Those of its rows; an empty answer has none to tell them by. */
function columnsOf(snapshot: Snapshot<Row>): readonly string[] | undefined {
  return (snapshot.item(0) as Entry | undefined)?.shape.columns;
}

const asItem = (item: unknown): Entry => item as Entry;

function rowOf({ key, values, shape }: Entry, width = shape.columns.length): WireRow {
  return [key, values.length === width ? values : values.slice(0, width)];
}

function wired(change: RowDelta<Entry>): WireChange {
  switch (change.type) {
    case 'insert':
      return { type: 'insert', index: change.index, row: rowOf(change.row) };
    case 'delete':
      return { type: 'delete', index: change.index };
    default: {
      const { previousIndex, index, row, previous } = change;
      const moves = { type: 'update', previousIndex, index } as const;
      return row.row === previous.row ? moves : { ...moves, row: rowOf(row) };
    }
  }
}

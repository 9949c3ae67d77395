import { openSync } from 'freshet';
import { live } from 'freshet/reactive';
import { expect, it, onTestFinished } from 'vitest';
import { thrownBy } from '../tests/support/thrown.ts';
import { engineOf } from './engine-key.ts';
import type { OperationalError } from './errors.ts';
import { Client, type Connector } from './remote/client.ts';
import type { Port, PortListener } from './remote/port.ts';

const counting = (rows: number): string =>
  `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ${rows}) SELECT x FROM c`;

it('an answer that takes too much memory is refused while it is read, and the database goes on', () => {
  const db = openSync(':memory:');
  onTestFinished(() => db.close());
  let used = 0;
  let looks = 0;
  // As if each look found some 4 MB more.
  const memory = {
    used: () => {
      looks += 1;
      used += 4;
      return used;
    },
    limit: 100,
  };
  db[engineOf].memory = memory;
  const error = thrownBy(() => db.query(counting(1_000_000)));
  expect(error).toMatchObject({ name: 'OperationalError', code: 'MEMORY', subcode: 'memory.result' });
  expect(error.retryable).toBe(false);
  expect(looks).toBeLessThan(20);
  const errors: OperationalError[] = [];
  live(db, counting(1_000_000)).subscribe({ error: (thrown) => errors.push(thrown as OperationalError) });
  expect(errors).toMatchObject([{ subcode: 'memory.result' }]);

  used = 0;
  const few = counting(5000);
  for (let round = 0; round < 3; round++) expect(db.query(few).length).toBe(5000);
  let count = 0;
  for (const _ of db.iterate(counting(100_000))) count += 1;
  expect(count).toBe(100_000);
});

it('an engine that runs out of memory fails what was under way, which is not made again', async () => {
  const lines: { listener?: PortListener; readonly posted: unknown[] }[] = [];
  const connector: Connector = {
    canReturn: true,
    isOwn: false,
    connect: async () => {
      const line: (typeof lines)[number] = { posted: [] };
      lines.push(line);
      return {
        post: (message) => void line.posted.push(message),
        listen: (listener) => {
          line.listener = listener;
        },
        hold: () => {},
        close: () => {},
      } satisfies Port;
    },
    close: async () => {},
  };
  const client = new Client(connector);
  await client.ready();
  const calls = [client.call('query', ['SELECT 1'], { isRepeatable: true }), client.call('execute', ['x'])];
  const outcomes = Promise.allSettled(calls);
  await new Promise((resolve) => setImmediate(resolve));
  const reason = Object.assign(new Error('Worker terminated'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
  lines[0]?.listener?.lost(reason);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'MEMORY', subcode: 'memory.engine', retryable: false, cause: reason },
    });
  }
  // The next call gets another engine.
  const next = client.call('query', ['SELECT 2']).catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  expect(lines.length).toBe(2);
  expect(lines[1]?.posted).toMatchObject([[{ name: 'query', args: ['SELECT 2'] }]]);
  await client.close();
  await next;
});

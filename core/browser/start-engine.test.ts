import { expect, test } from 'vitest';
import { OperationalError } from '../errors.ts';
import { encodeError, protocolVersion } from '../remote/wire.ts';
import { messagePort } from './ports.ts';
import { greeted } from './start-engine.ts';

/** The two ends of a line, as a page and its worker have them. */
function line() {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  port2.start();
  const end = (): void => {
    port1.close();
    port2.close();
  };
  return { near: messagePort(port1), far: messagePort(port2), end };
}

test('an engine of another version is refused, and the page that is older is named', async () => {
  for (const [protocol, subcode, text] of [
    [protocolVersion, undefined, ''],
    [protocolVersion + 1, 'connection.version', 'Reload this page'],
    [protocolVersion - 1, 'connection.version', 'Reload that tab'],
  ] as const) {
    const { near, far, end } = line();
    far.post({ kind: 'ready', protocol, engine: 'it', journalMode: 'wal' });
    const outcome = await greeted(near).catch((error) => error);
    expect(outcome instanceof OperationalError ? outcome.subcode : undefined).toBe(subcode);
    expect(String(outcome.message)).toContain(subcode ? text : 'undefined');
    end();
  }
});

test('an engine that can’t open says why, and one that goes away before it opens is retryable', async () => {
  const failed = line();
  const why = new OperationalError('no room', { code: 'FULL' });
  failed.far.post({ kind: 'failed', error: encodeError(why) });
  await expect(greeted(failed.near)).rejects.toMatchObject({ code: 'FULL', message: 'no room' });
  failed.end();
  const gone = line();
  gone.far.close();
  await expect(greeted(gone.near)).rejects.toMatchObject({
    subcode: 'connection.no_engine',
    retryable: true,
  });
  gone.end();
});

test('a line that ends with an error ends so on the other side', async () => {
  const { near, far, end } = line();
  const reasons: unknown[] = [];
  near.listen({ message: () => {}, lost: (reason) => reasons.push(reason) });
  far.end(new OperationalError('gone', { code: 'FILE_REPLACED' }));
  await expect
    .poll(() => reasons)
    .toEqual([expect.objectContaining({ code: 'FILE_REPLACED', message: 'gone' })]);
  expect(reasons[0]).toBeInstanceOf(OperationalError);
  end();
});

test('a line ends once, for either side', async () => {
  const { near, far, end } = line();
  const heard: unknown[] = [];
  far.listen({ message: (message) => heard.push(message), lost: () => heard.push('lost') });
  near.post('before');
  near.close();
  near.close();
  near.post('after');
  await expect.poll(() => heard).toEqual(['before', 'lost']);
  far.lose(new Error('again'));
  expect(heard).toEqual(['before', 'lost']);
  end();
});

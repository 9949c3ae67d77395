import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** A tab, driven without Playwright: that keeps every tab awake, and a frozen one is what is wanted here. */
export interface RawTab {
  /** The value of an expression, awaited, by JSON. */
  evaluate<T>(expression: string): Promise<T>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Brings it to the front: the others are hidden. */
  show(): Promise<void>;
}

interface Reply {
  readonly id?: number;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

/** Chromium by its debugging protocol: https://chromedevtools.github.io/devtools-protocol/ */
export async function launchRaw(
  executable: string,
): Promise<{ tab(url: string): Promise<RawTab>; end(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'freshet-chromium-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
  const more = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
  const child = spawn(
    executable,
    [...flags, ...more, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
      const found = /ws:\/\/\S+/.exec(said);
      if (found) resolve(found[0]);
    });
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)));
  });
  const socket = new WebSocket(address);
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const replies = new Map<number, (reply: Reply) => void>();
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.id !== undefined) replies.get(reply.id)?.(reply);
  });
  let last = 0;
  const send = async (
    method: string,
    params: object,
    sessionId?: string,
  ): Promise<Record<string, unknown>> => {
    const id = ++last;
    const reply = await new Promise<Reply>((resolve) => {
      replies.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
    replies.delete(id);
    if (reply.error) throw new Error(`${method}: ${reply.error.message}`);
    return { ...reply.result };
  };
  return {
    async tab(url) {
      const { targetId } = await send('Target.createTarget', { url });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const here = (method: string, params: object) => send(method, params, sessionId as string);
      const lifecycle = (state: string) => here('Page.setWebLifecycleState', { state });
      const evaluate = async <T>(expression: string): Promise<T> => {
        const { result, exceptionDetails } = await here('Runtime.evaluate', {
          expression,
          awaitPromise: true,
          returnByValue: true,
        });
        if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
        return (result as { value: T }).value;
      };
      // A target exists before its page does; what is evaluated in between is lost with the empty page.
      const isThere = `document.readyState === 'complete' && location.href !== 'about:blank'`;
      while (!(await evaluate(isThere).catch(() => false))) await setTimeout(20);
      return {
        evaluate,
        freeze: async () => void (await lifecycle('frozen')),
        thaw: async () => void (await lifecycle('active')),
        show: async () => void (await send('Target.activateTarget', { targetId })),
      };
    },
    async end() {
      socket.close();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

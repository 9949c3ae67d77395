import type { Host } from '../remote/host.ts';
import type { Port } from '../remote/port.ts';
import type { Greeting } from '../remote/serve.ts';
import { holdLock } from './locks.ts';
import { clientLock, commonChannel, lineChannel, type TabMessage } from './names.ts';
import { type LosablePort, messagePort } from './ports.ts';

const pingMs = 10_000;
const silentMs = 60_000;

interface TabsOptions {
  readonly host: Host;
  readonly name: string;
  readonly greeting: Greeting;
  readonly engine: string;
  /** What every line goes through. */
  guarded<P extends Port>(port: P): P;
  /** A line begins. */
  added(line: string): void;
  /** Another engine says that it has opened the database. */
  doubted(): void;
}

/** The clients of all tabs, as an engine serves them: each over a channel of its own. */
export interface ServedTabs {
  /** Nothing that is still on its way over this line is carried out any more. */
  retire(line: string): void;
  /** Ends all lines; with an error, that is what the clients' calls fail with. */
  close(error?: unknown): void;
}

export function serveTabs(options: TabsOptions): ServedTabs {
  const { host, name, greeting, engine } = options;
  const common = new BroadcastChannel(commonChannel(name));
  const lines = new Map<string, LosablePort>();
  const retired = new Set<string>();
  const say = (message: TabMessage): void => common.postMessage(message);
  const serve = (client: string, line: string): void => {
    const channel = new BroadcastChannel(lineChannel(name, line));
    const ended = new AbortController();
    const port = messagePort(channel, () => {
      ended.abort();
      channel.close();
      lines.delete(line);
      retired.add(line);
    });
    lines.set(line, port);
    options.added(line);
    const guarded = options.guarded(port);
    guarded.post(greeting);
    host.connect(guarded, line);
    void whenGone(channel, clientLock(name, client), ended.signal).then((isGone) => {
      if (isGone) port.lose(new Error('the tab has gone'));
    });
  };
  common.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.kind === 'opened' && data.engine !== engine) options.doubted();
    if (data.kind === 'ask') say({ kind: 'here', engine });
    if (data.kind !== 'hello' || lines.has(data.line) || retired.has(data.line)) return;
    serve(data.client, data.line);
  });
  say({ kind: 'opened', engine });
  return {
    retire(line) {
      retired.add(line);
      lines.get(line)?.lose(new Error('the line was given up'));
    },
    close(error) {
      if (error !== undefined) for (const port of [...lines.values()]) port.end(error);
      say({ kind: 'closing', engine });
      common.close();
    },
  };
}

/** True when the client has gone; false when its line has ended otherwise. */
async function whenGone(channel: BroadcastChannel, lock: string, signal: AbortSignal): Promise<boolean> {
  const { held = [] } = await navigator.locks.query();
  if (!held.some((one) => one.name === lock)) return whenSilent(channel, signal);
  try {
    (await holdLock(lock, signal)).release();
    return true;
  } catch {
    return false;
  }
}

/** Locks of a tab that was open when the site's data was cleared aren't seen from others: that one must answer. */
function whenSilent(channel: BroadcastChannel, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let heardAt = performance.now();
    channel.addEventListener('message', () => {
      heardAt = performance.now();
    });
    const timer = setInterval(() => {
      if (performance.now() - heardAt > silentMs) resolve(true);
      else channel.postMessage([{ kind: 'event', name: 'ping', data: null }]);
    }, pingMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      resolve(false);
    });
  });
}

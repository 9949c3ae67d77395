import { OperationalError } from '../errors.ts';

/** How long the server may take to say what was wrong. */
const askMs = 5000;

export function noWorker(why: string, cause?: unknown): OperationalError {
  return new OperationalError(`Cannot start the engine: ${why}.`, {
    code: 'CONNECTION',
    subcode: 'connection.no_engine',
    retryable: true,
    cause,
  });
}

/** Finds out why a worker did not start: the error that a browser gives has no reason in it, and no address. */
export function whyNoWorker() {
  let blocked: SecurityPolicyViolationEvent | undefined;
  let address = '';
  const note = (event: SecurityPolicyViolationEvent): void => {
    blocked ??= event;
  };
  globalThis.addEventListener('securitypolicyviolation', note);
  const policy = (): string | undefined =>
    blocked &&
    `the page's Content-Security-Policy blocks its worker (${blocked.effectiveDirective}). Allow 'self' there`;
  return {
    /** Calls what starts the worker. Its address is the bundler's secret, but for the constructor. */
    starting<W>(start: () => W): W {
      const original = globalThis.Worker;
      globalThis.Worker = class extends original {
        constructor(url: string | URL, options?: WorkerOptions) {
          address = String(url);
          super(url, options);
        }
      };
      try {
        return start();
      } finally {
        globalThis.Worker = original;
      }
    },
    /** It has started, or never will. */
    end: () => globalThis.removeEventListener('securitypolicyviolation', note),
    /** What the constructor has thrown. */
    of(error: unknown): OperationalError {
      const text = String(error);
      const trusted = /TrustedScriptURL|Trusted ?Type/i.test(text);
      const hint = trusted
        ? `the page's Content-Security-Policy requires trusted types. Create a default policy that lets the address of its worker pass, ${address}`
        : `the browser refuses its worker (${text}). Its program must come from the page's own origin, and a sandboxed frame needs allow-same-origin`;
      return noWorker(policy() ?? hint, error);
    },
    /** What its `error` event is about. */
    async after(event: ErrorEvent): Promise<OperationalError> {
      const cause = event.error ?? (event.message ? new Error(event.message) : undefined);
      // The program was there, and threw.
      if (event.message) return noWorker(`its worker failed (${event.message}, ${event.filename})`, cause);
      const why = policy() ?? `its worker, ${address}, could not be loaded: ${await whyNotServed(address)}`;
      return noWorker(why, cause);
    },
  };
}

async function whyNotServed(address: string): Promise<string> {
  try {
    const response = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(askMs) });
    const type = response.headers.get('content-type') ?? 'no type';
    if (!response.ok)
      return `the server answered with status ${response.status}. Serve the file beside the page's other scripts, also after a deployment, for the tabs that are open`;
    if (!/javascript|ecmascript/i.test(type)) return `the server sent ${type}, and no JavaScript`;
    return 'the server sent it, and the browser refused it. It may be cut short; where the page has a Cross-Origin-Embedder-Policy, it needs the same header';
  } catch (error) {
    return `the request failed (${String(error)}). Is the network there?`;
  }
}

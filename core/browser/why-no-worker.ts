import { OperationalError } from '../errors.ts';

/** A part of the address of the worker's program that bundlers keep. */
const program = 'browser-engine';
/** For how long a browser may be behind with what it knows of a request. */
const lateMs = 50;

export function noWorker(why: string, cause?: unknown): OperationalError {
  return new OperationalError(`Cannot start the engine: ${why}.`, {
    code: 'CONNECTION',
    subcode: 'connection.no_engine',
    retryable: true,
    cause,
  });
}

/** Finds out why a worker did not start: the error that a browser gives has no reason in it. */
export function whyNoWorker(begun: number) {
  let blocked: SecurityPolicyViolationEvent | undefined;
  const note = (event: SecurityPolicyViolationEvent): void => {
    blocked ??= event;
  };
  globalThis.addEventListener('securitypolicyviolation', note);
  const policy = (): string | undefined =>
    blocked &&
    `the page's Content-Security-Policy blocks its worker (${blocked.effectiveDirective}). Allow 'self' there`;
  const request = () =>
    performance
      .getEntriesByType('resource')
      .findLast((entry) => entry.startTime >= begun && entry.name.includes(program)) as
      | (PerformanceResourceTiming & { readonly responseStatus?: number })
      | undefined;
  return {
    /** It has started. */
    end: () => globalThis.removeEventListener('securitypolicyviolation', note),
    /** What the constructor has thrown. */
    of(error: unknown): OperationalError {
      const text = String(error);
      const trusted = /TrustedScriptURL|Trusted ?Type/i.test(text);
      const hint = trusted
        ? "the page's Content-Security-Policy requires trusted types. Create a default policy that lets the address of its worker pass"
        : `the browser refuses its worker (${text}). Its program must come from the page's own origin, and a sandboxed frame needs allow-same-origin`;
      return noWorker(policy() ?? hint, error);
    },
    /** What its `error` event is about. */
    async after(event: ErrorEvent): Promise<OperationalError> {
      const cause = event.error ?? (event.message ? new Error(event.message) : undefined);
      // The program was there, and threw.
      if (event.message) return noWorker(`its worker failed (${event.message}, ${event.filename})`, cause);
      await new Promise((resolve) => setTimeout(resolve, lateMs));
      const found = request();
      const where = found ? `, ${found.name},` : '';
      const status = found?.responseStatus ? ` The server answered with status ${found.responseStatus}.` : '';
      return noWorker(
        policy() ??
          `its worker${where} could not be loaded.${status} The file must be served beside the page's other scripts, as JavaScript, also those that an older tab asks for after a deployment`,
        cause,
      );
    },
  };
}

import { OperationalError } from '../errors.ts';
import { loadSqlite, type WasmSqlite } from './sqlite-wasm.ts';

const magic = [0x00, 0x61, 0x73, 0x6d];
const mime = 'application/wasm';
/** How long the server may take to begin to answer before it is asked once more. */
const patienceMs = 3000;

/**
 * Loads the library in a worker that is ended if this fails: the library fetches its WebAssembly itself, tries again in
 * other ways whatever the reason, at last synchronously, and says little. So its fetch is looked at on the way.
 * @throws OperationalError (`connection.no_engine`) that names the address and the reason.
 */
export async function loadSqliteInWorker(limitMs: number): Promise<WasmSqlite> {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  const scope = globalThis as { fetch: typeof fetch };
  const original = scope.fetch;
  const said: string[] = [];
  let address = '';
  const fail = (why: string, cause?: unknown): Promise<never> => {
    reject(noEngine(address, why, cause));
    // Whatever the library would try next would take as long, and end as this did.
    return new Promise<never>(() => {});
  };
  const timer = setTimeout(() => void fail(`it did not arrive within ${limitMs / 1000} seconds`), limitMs);
  scope.fetch = async (input, init) => {
    const isAgain = address !== '';
    address = input instanceof Request ? input.url : new URL(String(input), location.href).href;
    // The first attempt ended at what was fetched.
    if (isAgain) return fail(reasonOf(said.join(' ')));
    try {
      const response = await impatient((more) => original.call(globalThis, input, { ...init, ...more }));
      if (!response.ok) return await fail(`the server answered with status ${response.status}`);
      const type = response.headers.get('content-type') ?? 'no type';
      if (type.split(';')[0]?.trim() === mime) return response;
      // Bytes are what counts; only streaming goes by the type.
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!magic.every((byte, at) => bytes[at] === byte))
        return await fail(`the server sent no WebAssembly but ${type}`);
      return new Response(bytes, { headers: { 'content-type': mime } });
    } catch (cause) {
      const hint =
        "Is the network there, and does the page's Content-Security-Policy allow it in connect-src?";
      return fail(`the request failed (${String(cause)}). ${hint}`, cause);
    }
  };
  try {
    return await Promise.race([loadSqlite((text) => said.push(text)), failed]);
  } catch (error) {
    if (error instanceof OperationalError) throw error;
    throw noEngine(address, reasonOf(`${said.join(' ')} ${String(error)}`), error);
  } finally {
    clearTimeout(timer);
    scope.fetch = original;
  }
}

/**
 * Loads the library in a page, whose `fetch` is left alone: less is known of what went wrong.
 * @throws OperationalError (`connection.no_engine`) with the reason.
 */
export async function loadSqliteInPage(): Promise<WasmSqlite> {
  const said: string[] = [];
  try {
    return await loadSqlite((text) => said.push(text));
  } catch (error) {
    const text = `${said.join(' ')} ${String(error)}`;
    throw noEngine('', /fetch/i.test(text) ? `it could not be fetched (${text})` : reasonOf(text), error);
  }
}

/** A browser that waits for another tab's request for the same file is asked for one of its own. */
async function impatient(request: (more: RequestInit) => Promise<Response>): Promise<Response> {
  const first = request({});
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, patienceMs);
  const second = late.then(() => request({ cache: 'no-store' }));
  try {
    // If the first fails before that, so would the second.
    return await Promise.race([first, second.catch(() => first)]);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(said: string): string {
  if (/Content Security Policy|unsafe-eval/i.test(said))
    return "the page's Content-Security-Policy forbids WebAssembly. Add 'wasm-unsafe-eval' to its script-src";
  return `what the server sent could not be compiled; it may be cut short (${said.slice(0, 200)})`;
}

function noEngine(address: string, why: string, cause: unknown): OperationalError {
  return new OperationalError(
    `Cannot start the engine: its WebAssembly${address && `, ${address},`} could not be loaded: ${why}.`,
    {
      code: 'CONNECTION',
      subcode: 'connection.no_engine',
      retryable: true,
      cause,
    },
  );
}

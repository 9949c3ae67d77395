/** The few assertions that the suite needs wherever it runs, in a page too. */

export class ExpectationFailed extends Error {}

export function expectEqual(actual: unknown, expected: unknown, what = 'value'): void {
  if (isEqual(actual, expected)) return;
  throw new ExpectationFailed(`${what} is ${show(actual)} instead of ${show(expected)}`);
}

export function expectTrue(condition: boolean, what: string): void {
  if (!condition) throw new ExpectationFailed(`not so: ${what}`);
}

/** What `call` rejects or throws with, as far as `expected` tells. */
export async function expectError(
  call: () => unknown,
  expected: { readonly name?: string; readonly code?: string; readonly subcode?: string },
): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    for (const [key, value] of Object.entries(expected)) {
      expectEqual((error as Record<string, unknown>)[key], value, `${key} of "${String(error)}"`);
    }
    return error;
  }
  throw new ExpectationFailed(`no error, but ${show(expected)} was expected`);
}

/** Same types, same values, nested; 0 and -0 are one value, NaN is itself. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && String(a) === String(b) && a.length === b.length
    );
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) =>
        Object.hasOwn(b, name) &&
        isEqual((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
    )
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return `${inner}n`;
    return inner instanceof Uint8Array ? `bytes ${inner.join(' ')}` : inner;
  });
  return text ?? String(value);
}

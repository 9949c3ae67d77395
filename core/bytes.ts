/**
 * Bytes, wherever they come from: a `Buffer`, another realm, shared or resizable memory.
 *
 * A value's class says little: `Object.create(Uint8Array.prototype)` and a proxy pass `instanceof` and hold no
 * bytes, and an array of another realm fails it. The getter of the tag reads the internal slot.
 */
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getterOf = (key: PropertyKey): (() => unknown) =>
  Object.getOwnPropertyDescriptor(typedArray, key)?.get as () => unknown;
const tag = getterOf(Symbol.toStringTag);
const length = getterOf('length');
const values = (typedArray as Uint8Array).values;

/** Whether it is a `Uint8Array` or of a class derived from it. */
export function isBytes(value: unknown): value is Uint8Array {
  return tag.call(value) === 'Uint8Array';
}

/** Whether the bytes have gone: their buffer was transferred, or shrunk to less than the view. */
export function isDetached(bytes: Uint8Array): boolean {
  if (length.call(bytes) !== 0) return false;
  try {
    // It validates the view before anything else.
    values.call(bytes);
    return false;
  } catch {
    return true;
  }
}

/** The view's own bytes in memory of their own. A copy by `slice` would ask the value's class for its species. */
export function copyBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

import { copyBytes, isDetached } from '../../core/bytes.ts';

/**
 * Gives a row a column of bytes that stay the answer's own: bytes can't be frozen, so a reader gets a copy. It is the same
 * object at each reading until that reader, or another one, has written to it or transferred it.
 */
export function defineBytes(row: object, name: string, bytes: Uint8Array): void {
  let handed: Uint8Array | undefined;
  Object.defineProperty(row, name, {
    enumerable: true,
    configurable: true,
    get() {
      if (!handed || isDetached(handed) || !isSame(handed, bytes)) handed = copyBytes(bytes);
      return handed;
    },
  });
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

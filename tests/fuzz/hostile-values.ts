import vm from 'node:vm';

/** What hostile values throw when they are looked at. */
export const thrown = new Error('thrown by the value itself');
const fail = (): never => {
  throw thrown;
};
const traps = new Proxy({}, { get: () => fail });

/** Values that nothing takes, or that throw when they are looked at. */
export function hostileValues(): Record<string, unknown> {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const revokedList = Proxy.revocable([], {});
  revokedList.revoke();
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  return {
    null: null,
    'a number': 5,
    NaN: Number.NaN,
    'a negative number': -1.5,
    'a text': 'no such thing',
    'a lone surrogate': '\ud800',
    true: true,
    'a symbol': Symbol('s'),
    'a bigint': 10n ** 30n,
    'a function': () => 5,
    'an object': { unknown: 1 },
    'an object without a prototype': Object.create(null),
    'a list': [],
    'a list of symbols': [Symbol('s')],
    'a huge sparse list': Object.assign([], { length: 2 ** 32 - 1 }),
    'an object whose toString throws': {
      toString: fail,
      toJSON: fail,
      valueOf: fail,
      [Symbol.toPrimitive]: fail,
    },
    'an object whose accessors throw': Object.defineProperties(
      {},
      Object.fromEntries(
        ['queueCapacity', 'signal', 'rowMode', 'timeoutMs', 'schedule', 'then', 'lower', 'json', 'depth'].map(
          (key) => [key, { get: fail, enumerable: true }],
        ),
      ),
    ),
    'a proxy that throws': new Proxy({}, traps),
    'a proxied list that throws': new Proxy([], traps),
    'a revoked proxy': revoked.proxy,
    'a revoked list': revokedList.proxy,
    'a proxied Uint8Array': new Proxy(new Uint8Array(2), {}),
    'a fake Uint8Array': Object.create(Uint8Array.prototype),
    'a fake Date': Object.create(Date.prototype),
    'detached bytes': detached,
    'another realm': vm.runInNewContext('({ a: [1], b: new Date(NaN) })'),
    'a Map': new Map([[1, 2]]),
    'a promise': Promise.resolve(5),
    'an iterator of numbers': [1, 2].values(),
    'an iterable that gives no iterator': { [Symbol.iterator]: () => 5 },
  };
}

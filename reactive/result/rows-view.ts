/**
 * A read-only array of many rows that isn't laid out until somebody reads all of it.
 * Guarantees what a frozen array does: the same results, and a TypeError for the same attempts to change it.
 * Doesn't pass `structuredClone` or `postMessage`, which refuse every Proxy: send `view.slice()`.
 *
 * The hard part is that a Proxy may not say what its target contradicts: who calls itself frozen must have all
 * of its properties. So there are two stages. As long as only `length`, single rows and slices are read, the
 * target is an empty array and the answers come from the source. Anything else lays the rows out in the target
 * and freezes it; from then on the target itself answers.
 */

/** Where the rows come from. They never change. */
export interface RowSource<R> {
  readonly size: number;
  /** The row at an index below `size`. */
  row(index: number): R;
  rows(from: number, to: number): R[];
}

/** A view of `source`. O(1); O(size) once, when it is first read as a whole. */
export function rowsView<R>(source: RowSource<R>): readonly R[] {
  const target: R[] = Object.setPrototypeOf([], inspectable);
  return new Proxy(target, new ViewHandler(source));
}

/** Asks a view for its rows as a real array. */
const FLAT = Symbol('flat');
/** Asks a view for some of its rows as a real array. */
const SLICE = Symbol('slice');

interface Internals<R> {
  readonly [FLAT]?: readonly R[];
  readonly [SLICE]?: (from: number, to: number) => R[];
}

/**
 * util.inspect, and console.log with it, look through a Proxy at its target, where this tells them better. As a
 * property of the target itself it would have to go again, after which V8 keeps a frozen array as a hash table.
 */
const inspectable: readonly unknown[] = Object.create(Array.prototype, {
  [Symbol.for('nodejs.util.inspect.custom')]: {
    value(this: Internals<unknown>) {
      return this[FLAT];
    },
  },
});

class ViewHandler<R> implements ProxyHandler<R[]> {
  /** Undefined once the target has the rows. */
  #source: RowSource<R> | undefined;
  #reads = 0;

  constructor(source: RowSource<R>) {
    this.#source = source;
  }

  flatten(target: R[]): readonly R[] {
    if (!this.#source) return target;
    const rows = this.#source.rows(0, this.#source.size);
    // Before it is filled: V8 is slow to push to an array with another prototype.
    Object.setPrototypeOf(target, Array.prototype);
    // Not push(...rows): that many arguments overflow the stack.
    for (const row of rows) target.push(row);
    this.#source = undefined;
    return Object.freeze(target);
  }

  get(target: R[], key: string | symbol, receiver: unknown): unknown {
    if (key === FLAT) return this.flatten(target);
    const source = this.#source;
    if (source) {
      if (key === 'length') return source.size;
      const index = arrayIndex(key);
      if (index < source.size) {
        // As many reads as there are rows have paid for laying them out.
        if (++this.#reads > source.size) this.flatten(target);
        return source.row(index);
      }
      if (key === SLICE) return (from: number, to: number) => source.rows(from, to);
      if (announcesAll.has(key)) this.flatten(target);
    }
    // An index needn't be looked for among the names; hashing it takes longer than reading the row.
    const isNumeric = typeof key === 'string' && key.charCodeAt(0) <= NINE;
    return (isNumeric ? undefined : readers.get(key)) ?? Reflect.get(target, key, receiver);
  }

  has(target: R[], key: string | symbol): boolean {
    return arrayIndex(key) < (this.#source?.size ?? 0) || Reflect.has(target, key);
  }

  getPrototypeOf(): object {
    return Array.prototype;
  }

  // These are asked by who looks at the array as a whole, or wants to change it. The frozen target is right
  // about all of them.

  getOwnPropertyDescriptor(target: R[], key: string | symbol): PropertyDescriptor | undefined {
    return Reflect.getOwnPropertyDescriptor(this.flatten(target), key);
  }

  ownKeys(target: R[]): (string | symbol)[] {
    return Reflect.ownKeys(this.flatten(target));
  }

  isExtensible(target: R[]): boolean {
    return Reflect.isExtensible(this.flatten(target));
  }

  preventExtensions(target: R[]): boolean {
    return Reflect.preventExtensions(this.flatten(target));
  }

  set(target: R[], key: string | symbol, value: unknown, receiver: unknown): boolean {
    return Reflect.set(this.flatten(target), key, value, receiver);
  }

  deleteProperty(target: R[], key: string | symbol): boolean {
    return Reflect.deleteProperty(this.flatten(target), key);
  }

  defineProperty(target: R[], key: string | symbol, descriptor: PropertyDescriptor): boolean {
    return Reflect.defineProperty(this.flatten(target), key, descriptor);
  }

  setPrototypeOf(target: R[], prototype: object | null): boolean {
    return Reflect.setPrototypeOf(this.flatten(target), prototype);
  }
}

const NINE = 0x39;

/** What JSON.stringify and concat ask for before they read every element one by one. */
const announcesAll: ReadonlySet<string | symbol> = new Set(['toJSON', Symbol.isConcatSpreadable]);

/** The array index that `key` is, or infinity. */
function arrayIndex(key: string | symbol): number {
  if (typeof key === 'symbol') return Number.POSITIVE_INFINITY;
  const index = Number(key) >>> 0;
  return String(index) === key ? index : Number.POSITIVE_INFINITY;
}

// biome-ignore lint/suspicious/noExplicitAny: the methods of Array, whose arguments pass through unseen.
type Method = (this: any, ...args: any[]) => unknown;
type Callback = (this: unknown, ...args: unknown[]) => unknown;

/**
 * The methods that walk the rows, run on the real array: ten times as fast as through a Proxy. One object per
 * method for all views, so that a view's method is the same at each reading. Others, `at` for one, and those
 * that change an array, are the ordinary ones, and work on the Proxy.
 */
const readers: ReadonlyMap<string | symbol, Method> = new Map<string | symbol, Method>([
  ...([
    ...(['concat', 'entries', 'flat', 'includes', 'indexOf', 'join', 'keys', 'lastIndexOf'] as const),
    ...(['toLocaleString', 'toReversed', 'toSorted', 'toSpliced', 'toString', 'values', 'with'] as const),
    Symbol.iterator,
  ].map((name) => [name, onRows(ordinary(name))]) as [string | symbol, Method][]),
  ...([
    ...(['every', 'filter', 'find', 'findIndex', 'findLast', 'findLastIndex'] as const),
    ...(['flatMap', 'forEach', 'map', 'some'] as const),
  ].map((name) => [name, onRows(ordinary(name), givingView)]) as [string, Method][]),
  ['reduce', onRows(ordinary('reduce'), reducingView)],
  ['reduceRight', onRows(ordinary('reduceRight'), reducingView)],
  ['slice', slice],
]);

function ordinary(name: string | symbol): Method {
  return Array.prototype[name as 'map'] as Method;
}

/** `method` on what is behind a view; on any other object as ever. */
function onRows(method: Method, wrap?: (callback: Callback, view: unknown) => Callback): Method {
  return function (this: Internals<unknown> | undefined, ...args) {
    const flat = this?.[FLAT];
    if (flat && wrap && typeof args[0] === 'function') args[0] = wrap(args[0] as Callback, this);
    return method.apply(flat ?? this, args);
  };
}

// A callback's last argument is the array that was walked, which is the view to whoever called.

function givingView(callback: Callback, view: unknown): Callback {
  return function (row, index) {
    return callback.call(this, row, index, view);
  };
}

function reducingView(callback: Callback, view: unknown): Callback {
  return (accumulated, row, index) => callback(accumulated, row, index, view);
}

/** A page of a view takes no more than the page. */
function slice(this: Internals<unknown>, ...args: [start?: number, end?: number]): unknown {
  const some = this?.[SLICE];
  if (!some) return Array.prototype.slice.apply((this?.[FLAT] ?? this) as unknown[], args);
  const { length } = this as unknown as readonly unknown[];
  const [start, end] = args;
  return some(place(start, 0, length), place(end, length, length));
}

/** An argument of `slice`, which may be relative to the end, as an index. */
function place(argument: number | undefined, otherwise: number, length: number): number {
  if (argument === undefined) return otherwise;
  const index = Math.trunc(Number(argument)) || 0;
  return index < 0 ? Math.max(index + length, 0) : Math.min(index, length);
}

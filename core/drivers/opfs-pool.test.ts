import { expect, test } from 'vitest';
import { type Folder, OpfsPool } from './opfs-pool.ts';

const mainDatabase = 0x100;

/** A folder in memory as a browser keeps one: a file has one handle at a time. */
class Disk {
  readonly files = new Map<string, { bytes: Uint8Array; isOpen: boolean }>();
  /** What opening a file, or making one, fails with; undefined where it does not. */
  refuse: (name: string, isNew: boolean) => DOMException | undefined = () => undefined;
  readonly root: Folder = {
    kind: 'directory',
    getDirectoryHandle: async () => this.root,
    getFileHandle: async (name, options) => {
      const isNew = !this.files.has(name);
      const why = this.refuse(name, isNew);
      if (why && isNew) throw why;
      if (isNew && !options?.create) throw new DOMException(name, 'NotFoundError');
      if (isNew) this.files.set(name, { bytes: new Uint8Array(0), isOpen: false });
      return { kind: 'file', createSyncAccessHandle: async () => this.#open(name) };
    },
    entries: async function* (this: Disk) {
      for (const name of this.files.keys()) {
        yield [name, await this.root.getFileHandle(name)] as [
          string,
          Awaited<ReturnType<Folder['getFileHandle']>>,
        ];
      }
    }.bind(this),
  };

  #open(name: string) {
    const file = this.files.get(name);
    if (!file) throw new DOMException(name, 'NotFoundError');
    const why = this.refuse(name, false);
    if (why) throw why;
    if (file.isOpen) throw held(name);
    file.isOpen = true;
    return {
      read: (buffer: Uint8Array, { at }: { at: number }) => {
        const part = file.bytes.subarray(at, at + buffer.length);
        buffer.set(part);
        return part.length;
      },
      write: (buffer: Uint8Array, { at }: { at: number }) => {
        if (at + buffer.length > file.bytes.length) resize(file, at + buffer.length);
        file.bytes.set(buffer, at);
        return buffer.length;
      },
      truncate: (size: number) => resize(file, size),
      getSize: () => file.bytes.length,
      flush: () => {},
      close: () => {
        file.isOpen = false;
      },
    };
  }

  contents(): readonly (readonly [string, string])[] {
    return [...this.files].map(([name, { bytes }]) => [name, Buffer.from(bytes).toString('base64')]);
  }

  get open(): number {
    return [...this.files.values()].filter(({ isOpen }) => isOpen).length;
  }
}

function resize(file: { bytes: Uint8Array }, size: number): void {
  const bytes = new Uint8Array(size);
  bytes.set(file.bytes.subarray(0, size));
  file.bytes = bytes;
}

const held = (name: string) => new DOMException(name, 'NoModificationAllowedError');

/** A disk with a database of some bytes in it, which no pool has open. */
async function written(): Promise<Disk> {
  const disk = new Disk();
  const pool = await OpfsPool.open(disk.root, ['db']);
  await pool.fill('/app.db', mainDatabase, async (put) => put(Uint8Array.of(1, 2, 3), 0));
  await pool.grow();
  pool.close();
  return disk;
}

test('a start that fails at any of its files changes none of them, and lets go of all', async () => {
  const disk = await written();
  const before = disk.contents();
  for (const why of [held('x'), new DOMException('gone', 'InvalidStateError')]) {
    for (const [name] of before) {
      disk.refuse = (asked) => (asked === name ? why : undefined);
      await expect(OpfsPool.open(disk.root, ['db'])).rejects.toBe(why);
      expect(disk.contents()).toEqual(before);
      expect(disk.open).toBe(0);
    }
  }
  disk.refuse = () => undefined;
  const pool = await OpfsPool.open(disk.root, ['db']);
  const bytes = new Uint8Array(3);
  pool.get('/app.db')?.handle.read(bytes, { at: 4096 });
  expect([...bytes]).toEqual([1, 2, 3]);
  pool.close();
});

test('while one pool holds a folder another is refused, and the first goes on', async () => {
  const disk = await written();
  const first = await OpfsPool.open(disk.root, ['db']);
  const before = disk.contents();
  const isOpen = disk.open;
  for (let attempt = 0; attempt < 12; attempt++) {
    await expect(OpfsPool.open(disk.root, ['db'])).rejects.toMatchObject({
      name: 'NoModificationAllowedError',
    });
  }
  expect(disk.contents()).toEqual(before);
  expect(disk.open).toBe(isOpen);
  expect(first.get('/app.db')).toBeDefined();
  first.close();
  const second = await OpfsPool.open(disk.root, ['db']);
  expect(second.get('/app.db')).toBeDefined();
  second.close();
});

test('where no file can be made, a first start fails and holds nothing, and what exists opens', async () => {
  const full = (_: string, isNew: boolean) =>
    isNew ? new DOMException('full', 'QuotaExceededError') : undefined;
  const empty = new Disk();
  empty.refuse = full;
  await expect(OpfsPool.open(empty.root, ['db'])).rejects.toMatchObject({ name: 'QuotaExceededError' });
  expect(empty.open).toBe(0);
  const disk = await written();
  disk.refuse = full;
  const pool = await OpfsPool.open(disk.root, ['db']);
  await pool.grow();
  expect(pool.get('/app.db')).toBeDefined();
  pool.close();
});

/**
 * The files of one database in the origin's private file system: a folder of files with random names, all of them held
 * open, each with a header of 4,096 bytes that says which path it stands for; or none, so that it is spare. SQLite
 * opens files in the midst of a statement, and a browser opens them asynchronously: hence the spare ones.
 *
 * Guarantees: one pool at a time holds a folder, in whatever tab or storage partition; nothing is deleted because
 * something failed. The format is that of SQLite's own opfs-sahpool, whose files it opens and which opens its files.
 * The hard part is storage that is full: what exists must open and be read without a byte more.
 */

/** What a browser gives a worker: https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle */
interface AccessHandle {
  read(buffer: Uint8Array, options: { at: number }): number;
  write(buffer: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}
interface FileHandle {
  readonly kind: 'file';
  createSyncAccessHandle(): Promise<AccessHandle>;
}
export interface Folder {
  readonly kind: 'directory';
  getDirectoryHandle(name: string, options?: { create: boolean }): Promise<Folder>;
  getFileHandle(name: string, options?: { create: boolean }): Promise<FileHandle>;
  entries(): AsyncIterable<[string, FileHandle | Folder]>;
}

/** One of the pool's files. Offsets are those of what it stands for, behind the header. */
export interface PoolFile {
  readonly name: string;
  readonly handle: AccessHandle;
  path: string;
  /** Of connections of this thread. */
  readonly locks: { shared: number; type: number };
}

export const headerSize = 4096;
const pathSize = 512;
const flagsAt = pathSize;
const digestAt = 516;
/** Behind all that opfs-sahpool writes there is room for what the owner of a database must know of the one before. */
const noteAt = 1024;
export const noteSize = headerSize - noteAt;

const openFlags = { deleteOnClose: 0x8, digest: 0x80, persistent: 0x100 | 0x800 | 0x4000 | 0x80000 } as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** As many as are kept spare: for a journal, a VACUUM, an attached file and its own. */
const spares = 4;
/** As many as are made at first: those, the database, and its WAL. */
const atFirst = spares + 2;

export class OpfsPool {
  readonly #folder: Folder;
  readonly #files = new Map<string, PoolFile>();
  readonly #free: PoolFile[] = [];
  #growing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(folder: Folder) {
    this.#folder = folder;
  }

  /**
   * Opens the folder's files, all or none.
   * @throws NoModificationAllowedError while another pool holds them.
   */
  static async open(root: Folder, path: readonly string[]): Promise<OpfsPool> {
    let folder = root;
    for (const name of [...path, '.opaque']) {
      // Where storage is full, what is there may be opened and nothing made.
      folder = await folder
        .getDirectoryHandle(name)
        .catch((error: unknown) =>
          isNotFound(error) ? folder.getDirectoryHandle(name, { create: true }) : Promise.reject(error),
        );
    }
    const pool = new OpfsPool(folder);
    const found: [string, FileHandle][] = [];
    for await (const [name, handle] of folder.entries())
      if (handle.kind === 'file') found.push([name, handle]);
    const opened = await Promise.allSettled(found.map(([name, handle]) => pool.#take(name, handle)));
    const failed = opened.find((one) => one.status === 'rejected');
    try {
      if (failed) throw failed.reason;
      if (found.length === 0) await Promise.all(Array.from({ length: atFirst }, () => pool.#add()));
    } catch (error) {
      pool.close();
      throw error;
    }
    return pool;
  }

  get(path: string): PoolFile | undefined {
    return this.#files.get(path);
  }

  /** A spare file, which stands for `path` from now on. @throws when there is none. */
  create(path: string, flags: number): PoolFile {
    const file = this.#free.pop();
    if (!file) throw new Error(`There is no spare file for ${path}`);
    try {
      this.#assign(file, path, flags | openFlags.digest);
    } catch (error) {
      this.#free.push(file);
      throw error;
    }
    this.#files.set(path, file);
    void this.grow();
    return file;
  }

  /** True if there was such a file. */
  delete(path: string): boolean {
    const file = this.#files.get(path);
    if (!file) return false;
    this.#assign(file, '', 0);
    this.#files.delete(path);
    this.#free.push(file);
    return true;
  }

  /** Makes spare files, as many as should be there. Where storage is full there will be fewer. */
  grow(): Promise<void> {
    this.#growing ??= this.#grow().finally(() => {
      this.#growing = undefined;
    });
    return this.#growing;
  }

  /** Whether the file that stands for `path` is still in its folder, and not one that site data was cleared of. */
  async isThere(path: string): Promise<boolean> {
    const file = this.#files.get(path);
    if (!file) return false;
    try {
      await this.#folder.getFileHandle(file.name);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** A file that is taken in whole, part by part; before its end nothing stands for `path`. */
  async fill(
    path: string,
    flags: number,
    take: (put: (bytes: Uint8Array, at: number) => void) => Promise<void>,
  ) {
    const file = this.#free.pop();
    if (!file) throw new Error(`There is no spare file for ${path}`);
    try {
      await take((bytes, at) => write(file.handle, bytes, headerSize + at));
      this.#assign(file, path, flags | openFlags.digest);
      this.#files.set(path, file);
    } catch (error) {
      file.handle.truncate(headerSize);
      this.#free.push(file);
      throw error;
    }
  }

  /** Bytes that are kept beside what stands for `path`, not in it: from 0 on, `noteSize` of them. */
  readNote(path: string, at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#files.get(path)?.handle.read(bytes, { at: noteAt + at });
    return bytes;
  }

  /** What is written survives the tab; it does not wait for the disk. */
  writeNote(path: string, at: number, bytes: Uint8Array): void {
    this.#files.get(path)?.handle.write(bytes, { at: noteAt + at });
  }

  close(): void {
    this.#isClosed = true;
    for (const { handle } of [...this.#files.values(), ...this.#free]) handle.close();
    this.#files.clear();
    this.#free.length = 0;
  }

  async #grow(): Promise<void> {
    try {
      while (this.#free.length < spares && !this.#isClosed) await this.#add();
    } catch {
      // What is missing shows when it is needed.
    }
  }

  async #add(): Promise<void> {
    const name = crypto.randomUUID();
    const file = await this.#take(name, await this.#folder.getFileHandle(name, { create: true }));
    // The header's room is taken now, so that a database can be opened when there is no more.
    if (file) this.#assign(file, '', 0);
  }

  async #take(name: string, from: FileHandle): Promise<PoolFile | undefined> {
    const handle = await from.createSyncAccessHandle();
    if (this.#isClosed) {
      handle.close();
      return undefined;
    }
    const path = pathIn(handle);
    const file: PoolFile = { name, handle, path, locks: { shared: 0, type: 0 } };
    if (path === '') this.#free.push(file);
    else this.#files.set(path, file);
    return file;
  }

  #assign(file: PoolFile, path: string, flags: number): void {
    const header = new Uint8Array(digestAt);
    const { written } = encoder.encodeInto(path, header.subarray(0, pathSize - 1));
    if (path !== '' && written < encoder.encode(path).length) throw new Error(`The path ${path} is too long`);
    new DataView(header.buffer).setUint32(flagsAt, flags);
    write(file.handle, header, 0);
    write(file.handle, digestOf(header, flags), digestAt);
    file.path = path;
    if (path === '') file.handle.truncate(headerSize);
    file.handle.flush();
  }
}

/** What it stands for; what was to be gone with its connection, or is damaged, stands for nothing. */
function pathIn(handle: AccessHandle): string {
  const header = new Uint8Array(digestAt);
  if (handle.read(header, { at: 0 }) < header.length || header[0] === 0) return '';
  const flags = new DataView(header.buffer).getUint32(flagsAt);
  if (flags & openFlags.deleteOnClose || !(flags & openFlags.persistent)) return '';
  const digest = new Uint8Array(8);
  handle.read(digest, { at: digestAt });
  const right = digestOf(header, flags);
  if (!digest.every((byte, at) => byte === right[at])) return '';
  return decoder.decode(header.subarray(0, header.indexOf(0)));
}

/** As opfs-sahpool has it. */
function digestOf(header: Uint8Array, flags: number): Uint8Array {
  const digest = new Uint32Array(2);
  if (flags & openFlags.digest) {
    let [h1, h2] = [3735928559, 1103547991];
    for (const byte of header) {
      h1 = Math.imul(h1 ^ byte, 2654435761);
      h2 = Math.imul(h2 ^ byte, 104729);
    }
    digest.set([h1 >>> 0, h2 >>> 0]);
  }
  return new Uint8Array(digest.buffer);
}

/** @throws QuotaExceededError also where a browser writes less than it was given. */
export function write(handle: AccessHandle, bytes: Uint8Array, at: number): void {
  if (handle.write(bytes, { at }) === bytes.length) return;
  throw new DOMException('The storage is full.', 'QuotaExceededError');
}

export const isFull = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'QuotaExceededError';

const isNotFound = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'NotFoundError';

/**
 * A VFS of SQLite's over a pool of files in the origin's private file system. One thread uses it, and nobody else has
 * the files, so locks concern connections of this thread alone, and none of them can wait for another.
 */
import type { Sqlite3Static, WasmPointer } from '@sqlite.org/sqlite-wasm';
import { headerSize, isFull, type OpfsPool, type PoolFile, write } from './opfs-pool.ts';

interface OpenFile {
  readonly file: PoolFile;
  readonly isTemporary: boolean;
  lock: number;
}

type VfsStruct = InstanceType<Sqlite3Static['capi']['sqlite3_vfs']> & { $xRandomness: WasmPointer };
type Methods = Readonly<Record<string, (...args: number[]) => number>>;

const longestPath = 512;
const locks = { none: 0, shared: 1, reserved: 2, pending: 3, exclusive: 4 } as const;

/**
 * Registers the VFS under `name`.
 * @param resolve The path of what SQL names, as in ATTACH; for the path itself, the path.
 */
export function installOpfsVfs(
  { capi, wasm, vfs }: Sqlite3Static,
  name: string,
  pool: OpfsPool,
  resolve: (name: string) => string,
): { uninstall(): void } {
  const open = new Map<WasmPointer, OpenFile>();
  const at = (pointer: WasmPointer): OpenFile => open.get(pointer) as OpenFile;
  // The library's types name each code; what is computed is a number.
  const install = vfs.installVfs as (given: Record<string, { struct: object; methods: Methods }>) => unknown;
  const bytes = (pointer: WasmPointer, length: number): Uint8Array =>
    wasm.heap8u().subarray(Number(pointer), Number(pointer) + length);
  /** A call of SQLite's that answers with a code; `failed` is that of what isn't a lack of space. */
  const coded = (failed: number, call: () => number | undefined): number => {
    try {
      return call() ?? capi.SQLITE_OK;
    } catch (error) {
      return isFull(error) ? capi.SQLITE_FULL : failed;
    }
  };

  const io = new capi.sqlite3_io_methods();
  (io as unknown as { $iVersion: number }).$iVersion = 1;
  install({
    io: {
      struct: io,
      methods: {
        xClose: (pointer) =>
          coded(capi.SQLITE_IOERR_CLOSE, () => {
            const { file, isTemporary } = at(pointer);
            unlock(at(pointer), locks.none);
            open.delete(pointer);
            if (isTemporary) pool.delete(file.path);
            return undefined;
          }),
        xRead: (pointer, to, length, offset) =>
          coded(capi.SQLITE_IOERR_READ, () => {
            const target = bytes(to, length);
            const read = at(pointer).file.handle.read(target, { at: headerSize + Number(offset) });
            if (read === length) return undefined;
            target.fill(0, read);
            return capi.SQLITE_IOERR_SHORT_READ;
          }),
        xWrite: (pointer, from, length, offset) =>
          coded(capi.SQLITE_IOERR_WRITE, () => {
            write(at(pointer).file.handle, bytes(from, length), headerSize + Number(offset));
            return undefined;
          }),
        xTruncate: (pointer, size) =>
          coded(capi.SQLITE_IOERR_TRUNCATE, () => {
            at(pointer).file.handle.truncate(headerSize + Number(size));
            return undefined;
          }),
        xSync: (pointer) =>
          coded(capi.SQLITE_IOERR_FSYNC, () => {
            at(pointer).file.handle.flush();
            return undefined;
          }),
        xFileSize: (pointer, out) =>
          coded(capi.SQLITE_IOERR_FSTAT, () => {
            // A spare file may be shorter than the header.
            const size = Math.max(0, at(pointer).file.handle.getSize() - headerSize);
            wasm.poke64(out, BigInt(size));
            return undefined;
          }),
        xLock: (pointer, type) => lock(at(pointer), type),
        xUnlock: (pointer, type) => {
          unlock(at(pointer), type);
          return capi.SQLITE_OK;
        },
        xCheckReservedLock: (pointer, out) => {
          wasm.poke32(out, at(pointer).file.locks.type > locks.shared ? 1 : 0);
          return capi.SQLITE_OK;
        },
        xFileControl: () => capi.SQLITE_NOTFOUND,
        xSectorSize: () => headerSize,
        xDeviceCharacteristics: () => capi.SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN,
      },
    },
  });

  /** As os_unix.c has it for connections of one process: who waits for the last reader lets no other in. */
  function lock(one: OpenFile, type: number): number {
    const all = one.file.locks;
    if (one.lock >= type) return capi.SQLITE_OK;
    const isOthers = one.lock !== all.type && (all.type >= locks.pending || type > locks.shared);
    if (isOthers) return capi.SQLITE_BUSY;
    if (type === locks.shared) {
      all.shared += 1;
      if (all.type === locks.none) all.type = type;
    } else if (type === locks.exclusive && all.shared > 1) {
      if (one.lock === locks.reserved) {
        one.lock = locks.pending;
        all.type = locks.pending;
      }
      return capi.SQLITE_BUSY;
    } else all.type = type;
    one.lock = type;
    return capi.SQLITE_OK;
  }

  function unlock(one: OpenFile, type: number): void {
    const all = one.file.locks;
    if (one.lock <= type) return;
    if (one.lock > locks.shared) all.type = locks.shared;
    if (type === locks.none) {
      all.shared -= 1;
      if (all.shared === 0) all.type = locks.none;
    }
    one.lock = type;
  }

  const struct = new capi.sqlite3_vfs() as VfsStruct;
  const fallback = new capi.sqlite3_vfs(capi.sqlite3_vfs_find(null as never) as never) as VfsStruct;
  struct.$iVersion = 2;
  struct.$szOsFile = (capi.sqlite3_file as unknown as { structInfo: { sizeof: number } }).structInfo.sizeof;
  struct.$mxPathname = longestPath;
  struct.$zName = wasm.allocCString(name, false);
  struct.$xRandomness = fallback.$xRandomness;
  fallback.dispose();
  const path = (pointer: WasmPointer): string => wasm.cstrToJs(pointer) ?? '';
  install({
    vfs: {
      struct,
      methods: {
        xOpen: (_, zName, pointer, flags, outFlags) =>
          coded(capi.SQLITE_CANTOPEN, () => {
            const isNamed = zName && wasm.peek8(zName);
            const wanted = isNamed ? path(zName) : crypto.randomUUID();
            const found = pool.get(wanted);
            const creates = flags & capi.SQLITE_OPEN_CREATE;
            if (found && creates && flags & capi.SQLITE_OPEN_EXCLUSIVE) return capi.SQLITE_CANTOPEN;
            if (!found && !creates) return capi.SQLITE_CANTOPEN;
            const file = found ?? pool.create(wanted, flags);
            const isTemporary = (flags & capi.SQLITE_OPEN_DELETEONCLOSE) !== 0;
            open.set(pointer, { file, isTemporary, lock: locks.none });
            const made = new capi.sqlite3_file(pointer);
            made.$pMethods = io.pointer;
            made.dispose();
            wasm.poke32(outFlags, flags);
            return undefined;
          }),
        xDelete: (_, zName) =>
          coded(capi.SQLITE_IOERR_DELETE, () => {
            pool.delete(path(zName));
            return undefined;
          }),
        xAccess: (_, zName, __, out) => {
          wasm.poke32(out, pool.get(path(zName)) ? 1 : 0);
          return capi.SQLITE_OK;
        },
        xFullPathname: (_, zName, length, out) =>
          coded(capi.SQLITE_CANTOPEN, () => {
            const full = new TextEncoder().encode(resolve(path(zName)));
            if (full.length >= length) return capi.SQLITE_CANTOPEN;
            const target = bytes(out, full.length + 1);
            target.set(full);
            target[full.length] = 0;
            return undefined;
          }),
        xGetLastError: () => capi.SQLITE_OK,
        xCurrentTime: (_, out) => {
          (wasm.poke as (at: WasmPointer, value: number, type: string) => void)(
            out,
            2440587.5 + Date.now() / 864e5,
            'double',
          );
          return capi.SQLITE_OK;
        },
        xCurrentTimeInt64: (_, out) => {
          wasm.poke64(out, BigInt(Math.round(2440587.5 * 864e5)) + BigInt(Date.now()));
          return capi.SQLITE_OK;
        },
        // Whoever would have to let go is in this thread.
        xSleep: () => capi.SQLITE_OK,
      },
    },
  });
  return {
    uninstall() {
      capi.sqlite3_vfs_unregister(struct.pointer as never);
    },
  };
}

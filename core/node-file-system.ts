import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { FileSystem } from './file-system.ts';

export const nodeFileSystem: FileSystem = {
  exists: existsSync,

  size: (path) => statSync(path, { throwIfNoEntry: false })?.size ?? 0,

  modified: (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,

  /** The path is part of it: a file without inode numbers still is told from others. */
  identity(path) {
    const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
    return `${path}\u0000${stat?.dev}:${stat?.ino}`;
  },

  watch(path, changed) {
    let watcher: FSWatcher | undefined;
    const close = (): void => {
      watcher?.close();
      watcher = undefined;
    };
    try {
      // The folder, not the file: -wal and -journal come and go.
      watcher = watch(dirname(path), { persistent: false }, (_event, name) => changed(name));
      // Where events can't be had (inotify's limits, a network file system) there are none.
      watcher.on('error', close);
    } catch {
      watcher = undefined;
    }
    return close;
  },
};

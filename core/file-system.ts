/** What the engine asks of the file system that its file is in, without reading data. Paths are canonical. */
export interface FileSystem {
  exists(path: string): boolean;
  /** In bytes; 0 where there is no file. */
  size(path: string): number;
  /** When it was written last, in milliseconds; 0 where there is no file. */
  modified(path: string): number;
  /** The same for as long as it is the same file, whatever is written to it. */
  identity(path: string): string;
  /**
   * Calls `changed` with the name of a file beside `path` that was written, null where the system doesn't say,
   * until the result is called. Events may be missed; then nothing is called.
   */
  watch(path: string, changed: (name: string | null) => void): () => void;
}

import { loadSqlite } from '../../core/drivers/sqlite-wasm.ts';
import { openInMemory } from '../../core/open-wasm.ts';
import type { Engine } from './engine.ts';
import { engine as freshet } from './freshet.ts';

const wasm = await loadSqlite();

/** Freshet over SQLite in WebAssembly; it has no files, so cases about one are passed over. */
export const engine: Engine = {
  ...freshet,
  name: 'freshet over WebAssembly',
  memoryOnly: true,
  open: (location, options) => openInMemory(wasm, location, options),
};

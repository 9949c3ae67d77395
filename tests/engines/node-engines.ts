import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSqlite } from '../../core/drivers/sqlite-wasm.ts';
import { open, openSync } from '../../core/index.ts';
import { openInMemory } from '../../core/open-wasm.ts';
import type { TestedEngine } from '../../testing/index.ts';

/** The engines that run on Node, and what ends them. */
export async function nodeEngines(): Promise<{ engines: readonly TestedEngine[]; end: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-engines-'));
  let files = 0;
  const newLocation = (): string => join(folder, `${files++}.db`);
  const wasm = await loadSqlite();
  const engines: TestedEngine[] = [
    {
      name: 'node:sqlite in memory',
      can: { isAsync: false, persists: false },
      open: async (options = {}) => openSync(':memory:', options),
    },
    {
      name: 'node:sqlite on a file',
      can: { isAsync: false, persists: true },
      open: async (options = {}, location = newLocation()) => openSync(location, options),
      newLocation,
    },
    {
      name: 'WebAssembly in memory',
      can: { isAsync: false, persists: false },
      open: async (options = {}) => openInMemory(wasm, ':memory:', options),
    },
    {
      name: 'a worker in memory',
      can: { isAsync: true, persists: false },
      open: (options = {}) => open(':memory:', options),
    },
    {
      name: 'a worker on a file',
      can: { isAsync: true, persists: true },
      open: (options = {}, location = newLocation()) => open(location, options),
      newLocation,
    },
  ];
  return { engines, end: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Who takes part, and which packages' versions to name. Modules are loaded in the child process that needs them. */

export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly module: string;
  /** In bench/package.json; null for what comes with Node and this repository. */
  readonly package: string | null;
  /** Measured in every round, between the others. */
  readonly everyRound: boolean;
}

export const entries: readonly Entry[] = [
  { id: 'freshet', name: 'Freshet', module: './freshet.ts', package: null, everyRound: true },
  { id: 'bare', name: 'SQLite, asked again', module: './bare.ts', package: null, everyRound: true },
  peer('zero', 'Zero (zql)', '@rocicorp/zero'),
  peer('tanstack', 'TanStack DB', '@tanstack/db'),
  peer('tinybase', 'TinyBase', 'tinybase'),
  peer('rxdb', 'RxDB', 'rxdb'),
  peer('signaldb', 'SignalDB', '@signaldb/core'),
  peer('pglite', 'PGlite', '@electric-sql/pglite'),
];

function peer(id: string, name: string, packageName: string): Entry {
  return { id, name, module: `./peers/${id}.ts`, package: packageName, everyRound: false };
}

export function entryOf(id: string): Entry {
  const found = entries.find((entry) => entry.id === id);
  if (!found)
    throw new Error(`There is no contender ${id}: use ${entries.map((entry) => entry.id).join(', ')}`);
  return found;
}

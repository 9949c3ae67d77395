import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Entry } from './contenders/all.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly os: string;
  readonly node: string;
  readonly sqlite: string;
  readonly date: string;
  /** By the contender's name. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(contenders: readonly Entry[]): Machine {
  const versions = contenders.map((entry) => [entry.name, versionOf(entry)]);
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    sqlite: process.versions.sqlite ?? 'unknown',
    date: new Date().toISOString().slice(0, 10),
    versions: Object.fromEntries(versions),
  };
}

function versionOf(entry: Entry): string {
  if (entry.id === 'bare') return process.versions.sqlite ?? 'unknown';
  const folder = entry.package === null ? '..' : join('node_modules', entry.package);
  const file = join(import.meta.dirname, folder, 'package.json');
  if (!existsSync(file)) return 'unknown';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import type { ApiItem } from './api-item.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything that a declaration file exports, read by the TypeScript that API Extractor brings along. */
export function extractApi(entry: string): readonly ApiItem[] {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-api-'));
  const model = join(folder, 'model.api.json');
  try {
    const config = ExtractorConfig.prepare({
      configObject: {
        projectFolder: root,
        mainEntryPointFilePath: join(root, entry),
        compiler: { overrideTsconfig: { compilerOptions, files: [join(root, entry)] } },
        apiReport: { enabled: false },
        dtsRollup: { enabled: false },
        docModel: { enabled: true, apiJsonFilePath: model },
        tsdocMetadata: { enabled: false },
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(root, 'package.json'),
    });
    const { succeeded } = Extractor.invoke(config, {
      localBuild: true,
      messageCallback(message) {
        // What is left is about release tags, which Freshet has none of, and types that aren't exported.
        if (message.logLevel !== 'error') message.handled = true;
      },
    });
    if (!succeeded) throw new Error(`API Extractor can't read ${entry}: is it built? Run npm run build.`);
    const [entryPoint] = (JSON.parse(readFileSync(model, 'utf8')) as ApiItem).members ?? [];
    return entryPoint?.members ?? [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  lib: ['es2023', 'esnext.disposable', 'dom'],
  types: ['node'],
  jsx: 'react-jsx',
  strict: true,
  skipLibCheck: true,
};

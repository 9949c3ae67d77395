import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { apiPages } from './api-pages.ts';

const root = new URL('../../', import.meta.url);

mkdirSync(fileURLToPath(new URL('docs/api/', root)), { recursive: true });
for (const { file, text, undocumented } of apiPages()) {
  writeFileSync(fileURLToPath(new URL(file, root)), text);
  console.log(file, undocumented.length > 0 ? `without TSDoc: ${undocumented.join(', ')}` : '');
}

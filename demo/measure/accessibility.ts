import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import type { Figure } from './figure.ts';
import { scenes } from './scenes.ts';

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const looks = [
  { width: 1600, height: 1000, colorScheme: 'light' },
  { width: 1600, height: 1000, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
] as const;
const serious = new Set(['serious', 'critical']);

/** What axe finds in every scene; only what is serious or critical is aimed at. */
export async function measureAccessibility(page: Page): Promise<Figure[]> {
  await page.addScriptTag({ path: source });
  const figures: Figure[] = [];
  for (const scene of scenes) {
    const found = new Map<string, string>();
    let minor = 0;
    for (const { colorScheme, ...size } of looks) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      await scene.prepare(page);
      const { violations } = await page.evaluate(() => (window as unknown as { axe: Axe }).axe.run());
      for (const { id, impact, nodes } of violations) {
        if (serious.has(impact ?? '')) found.set(id, String(nodes[0]?.target.join(' ')));
        else minor += 1;
      }
      await scene.leave(page);
    }
    const note = [...found].map(([id, target]) => `${id} (${target})`).join(', ');
    const others = minor > 0 ? `${minor} that are not serious` : '';
    figures.push({
      name: `axe, ${scene.name}: serious findings`,
      value: found.size,
      unit: '',
      aim: 0,
      note: [note, others].filter((part) => part !== '').join('; '),
    });
  }
  return figures;
}

interface Axe {
  run(): Promise<AxeResults>;
}

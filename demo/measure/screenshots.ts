import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Scene, scenes } from './scenes.ts';

const sizes = [
  { width: 390, height: 844 },
  { width: 1024, height: 768 },
  { width: 1600, height: 1000 },
] as const;
const schemes = ['light', 'dark'] as const;

/** Photographs the scenes at every width, light and dark; gives how many there are. */
export async function takeScreenshots(
  page: Page,
  folder: string,
  only: (scene: Scene) => boolean = () => true,
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const scene of scenes.filter(only)) {
    await scene.prepare(page);
    for (const size of sizes) {
      await page.setViewportSize(size);
      for (const colorScheme of schemes) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(350);
        await page.screenshot({ path: join(folder, `${scene.name}-${size.width}-${colorScheme}.png`) });
        count += 1;
      }
    }
    await scene.leave(page);
  }
  return count;
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { patience } from '../support/events.ts';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where Chromium is; on a Debian machine that lacks it, and lets us, it is installed. Null: it can't be had. */
export function findChromium(): string | null {
  const given = process.env.CHROMIUM;
  if (given) return given;
  const found = places.find((path) => existsSync(path));
  if (found) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null;
  try {
    const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    execFileSync('apt-get', ['update', '-qq'], quiet);
    execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], quiet);
  } catch {
    return null;
  }
  return places.find((path) => existsSync(path)) ?? null;
}

export const missing = 'Chromium is missing: install the package chromium, or name one in CHROMIUM';

/** A browser with a profile of its own, which goes with it. */
export async function launch(
  executablePath: string,
): Promise<{ context: BrowserContext; end(): Promise<void> }> {
  const profile = mkdtempSync(join(tmpdir(), 'freshet-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // Each tab in a process of its own, so that one can crash alone.
      '--site-per-process',
      '--process-per-tab',
    ],
  });
  context.setDefaultTimeout(patience);
  return {
    context,
    async end() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/**
 * Measures the issue tracker in Chromium, at its full size, and photographs it.
 *
 *   npm run demo:measure [-- --seconds 10] [-- --only traffic] [-- --screenshots <folder>] [-- --json]
 */
import { cpus, totalmem } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { errorMessage } from '../../cli/error-message.ts';
import { findChromium, launch, missing } from '../../tests/browser/chromium.ts';
import { fullSize } from '../app/data/tracker.ts';
import { measureAccessibility } from './accessibility.ts';
import { type Figure, table } from './figure.ts';
import { measureFiltering } from './filtering.ts';
import { takeScreenshots } from './screenshots.ts';
import { measureScrolling } from './scrolling.ts';
import { openTracker, serveTracker } from './tracker.ts';
import { measureTraffic } from './traffic.ts';

const parts = ['traffic', 'scrolling', 'filtering', 'accessibility'] as const;

interface Options {
  readonly seconds: number;
  readonly issues: number;
  readonly comments: number;
  readonly only: readonly string[];
  readonly screenshots?: string;
  readonly json?: true;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be greater than 0.');
  return value;
}

const options = new Command('npm run demo:measure --')
  .description('Measures the issue tracker in Chromium.')
  .option('--seconds <n>', 'how long the traffic runs', positive, 60)
  .option('--issues <n>', 'how many issues there are', positive, fullSize.issues)
  .option('--comments <n>', 'how many comments there are', positive, fullSize.comments)
  .option('--only <parts...>', `of ${parts.join(', ')}; none measures nothing`, [...parts])
  .option('--screenshots <folder>', 'photograph every view into a folder')
  .option('--json', 'print JSON')
  .parse()
  .opts<Options>();

const say = (text: string): void => {
  process.stderr.write(text);
};

try {
  const { machine, figures } = await measureAll();
  console.log(
    options.json ? JSON.stringify({ machine, figures }, null, 2) : `${machine}\n\n${table(figures)}`,
  );
  if (figures.some(({ value, aim }) => aim !== undefined && !(value <= aim))) process.exitCode ||= 2;
} catch (error) {
  say(`The measuring failed: ${errorMessage(error)}\n`);
  process.exitCode = 1;
}

async function measureAll(): Promise<{ machine: string; figures: readonly Figure[] }> {
  const executable = findChromium();
  if (!executable) throw new Error(missing);
  const site = await serveTracker(say);
  const browser = await launch(executable);
  try {
    const { context } = browser;
    say(`Filling the tracker with ${options.issues} issues and ${options.comments} comments …\n`);
    const page = await openTracker(context, site.url, options);
    const session = await context.newCDPSession(page);
    await session.send('HeapProfiler.enable');
    const { product } = await session.send('Browser.getVersion');
    const figures: Figure[] = [];
    const measures = {
      traffic: () => measureTraffic(page, session, options.seconds),
      scrolling: () => measureScrolling(page, session),
      filtering: () => measureFiltering(page),
      accessibility: () => measureAccessibility(page),
    } as const;
    await page.setViewportSize({ width: 1440, height: 900 });
    for (const part of parts) {
      if (!options.only.includes(part)) continue;
      say(`Measuring ${part} …\n`);
      try {
        figures.push(...(await measures[part]()));
      } catch (error) {
        // What has been measured before is not lost by it.
        say(`${part} failed: ${errorMessage(error)}\n`);
        process.exitCode = 1;
      }
    }
    if (options.screenshots !== undefined) {
      say('Photographing …\n');
      const taken = await takeScreenshots(page, options.screenshots);
      say(`${taken} photographs are in ${options.screenshots}.\n`);
    }
    return { machine: `${machineText()}; ${product}, headless, without a GPU`, figures };
  } finally {
    await browser.end();
    await site.end();
  }
}

function machineText(): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${first?.model.trim() ?? 'unknown processor'}, ${others.length + 1} cores, ${memory} GB, ${process.platform}`;
}

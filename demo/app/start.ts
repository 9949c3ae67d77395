// `npm start`: builds the issue tracker, serves it on this machine, and prints its address.
import react from '@vitejs/plugin-react';
import { Command, InvalidArgumentError } from 'commander';
import { build, createServer, type PreviewServer, preview, type ViteDevServer } from 'vite';
import { errorMessage } from '../../cli/error-message.ts';
import { Output } from '../../cli/output.ts';
import { Stop } from '../../cli/stop.ts';
import { buildPackage } from './build-package.ts';
import { site } from './site.ts';

interface Options {
  readonly port: number;
  readonly seconds?: number;
  readonly dev?: true;
}

const between = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new InvalidArgumentError(`It must be ${least} to ${most}.`);
  return value;
};

const out = new Output(process.stdout);
const options = new Command('npm start --')
  .description('Builds the issue tracker and serves it to browsers on this machine.')
  .option('--port <n>', 'the first port to try', between(1, 65_535), 5173)
  .option('--seconds <n>', 'end after so many seconds', between(0.1, 1_000_000))
  .option('--dev', 'serve the sources, and follow changes of them')
  .parse()
  .opts<Options>();

try {
  buildPackage((text) => out.write(text));
  const server = await serve();
  using stop = new Stop(out, options.seconds);
  out.write(`The Freshet tracker: ${server.resolvedUrls?.local[0]}\n`);
  out.write('Open it in two tabs. Ctrl-C ends it.\n');
  await stop.wait();
  await server.close();
} catch (error) {
  process.stderr.write(`The demo failed: ${errorMessage(error)}\n`);
  process.exitCode = 1;
}

async function serve(): Promise<ViteDevServer | PreviewServer> {
  const place = { host: '127.0.0.1', port: options.port };
  if (options.dev) {
    const server = await createServer({
      ...site,
      plugins: [react()],
      server: { ...place, fs: { allow: ['../..'] } },
    });
    return server.listen();
  }
  out.write('Building the tracker …\n');
  await build(site);
  return preview({ ...site, preview: place });
}

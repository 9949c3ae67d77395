import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type ChangesOptions, changes } from './changes.ts';
import { errorMessage } from './error-message.ts';
import { type ExplainOptions, explain } from './explain.ts';
import { Output, type Terminal } from './output.ts';
import { collectParameter, parameterHelp } from './parameters.ts';
import { type QueryOptions, query } from './query.ts';
import { type WatchOptions, watch } from './watch.ts';

const { version } = createRequire(import.meta.url)('freshet/package.json') as { version: string };

/** Runs the command line; the result is the exit code: 0 done, 1 the database or the SQL said no, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  const terminal: Terminal = {
    out: new Output(process.stdout),
    err: new Output(process.stderr),
    now: () => new Date(),
  };
  try {
    await commands(terminal).parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // Its message is out already.
    terminal.err.write(`freshet: ${errorMessage(error)}\n`);
    return 1;
  }
}

function commands(terminal: Terminal): Command {
  const program = new Command('freshet')
    .description('Ask an SQLite file in SQL, and see the answer stay true while other programs write.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'freshet: ')),
    })
    .showHelpAfterError('(--help tells more)')
    .addHelpText(
      'after',
      `
No command writes into the file.
Exit codes: 0 done, 1 the database or the SQL said no, 2 wrong usage. Ctrl-C ends a watch with 0.`,
    );

  program
    .command('watch')
    .description('print the answer to a query, then each change of it, until interrupted')
    .argument('<file>', 'an SQLite database; it may be in use by other programs')
    .argument('<sql>', 'a SELECT')
    .addOption(
      jsonOption('one JSON object a line: the snapshot, then a delta per change').conflicts('events'),
    )
    .option('--events', 'the raw watch events as JSON, one a line')
    .addOption(secondsOption())
    .addOption(paramOption())
    .addHelpText(
      'after',
      `${parameterHelp}

Lines after the answer: + a new row, - a row that is gone, ~ a row that changed (old → new), each with its time and
commit number. If the query fails later on (its table was dropped, say) that is said on stderr, and it is asked again
after the next commit: then a whole answer, or snapshot, follows.

Example:
  $ freshet watch app.db "SELECT * FROM issues WHERE status = ? ORDER BY id" --param open`,
    )
    .action((file: string, sql: string, options: WatchOptions) => watch(terminal, file, sql, options));

  program
    .command('changes')
    .description('print every commit to a file, until interrupted')
    .argument('<file>', 'an SQLite database; it may be in use by other programs')
    .option(
      '--table <name>',
      'only commits that touch this table; repeatable',
      (name, names: string[] = []) => [...names, name],
    )
    .addOption(jsonOption('the raw events as JSON, one a line'))
    .addOption(secondsOption())
    .addHelpText(
      'after',
      `
Commits of other programs show which tables may have changed; row detail exists for commits made through Freshet in the
same process.

Example:
  $ freshet changes app.db --table issues --table owners`,
    )
    .action((file: string, options: ChangesOptions) => changes(terminal, file, options));

  program
    .command('query')
    .description('print the answer to a query once')
    .argument('<file>', 'an SQLite database')
    .argument('<sql>', 'a statement that only reads')
    .addOption(jsonOption('a JSON array, one row a line').conflicts('csv'))
    .option('--csv', 'CSV with a header line; NULL is an empty field, empty text is ""')
    .addOption(paramOption())
    .addHelpText(
      'after',
      `${parameterHelp}

The table shortens long values; --json and --csv never do. JSON has exact integers, and blobs as hexadecimal text.

Example:
  $ freshet query app.db "SELECT team, count(*) AS n FROM owners GROUP BY team" --csv`,
    )
    .action((file: string, sql: string, options: QueryOptions) => query(terminal, file, sql, options));

  program
    .command('explain')
    .description("print how a live query would be kept fresh, and SQLite's own plan")
    .argument('<file>', 'an SQLite database')
    .argument('<sql>', 'a SELECT')
    .addOption(paramOption())
    .addHelpText(
      'after',
      `${parameterHelp}

Example:
  $ freshet explain app.db "SELECT * FROM issues ORDER BY created DESC LIMIT 50"`,
    )
    .action((file: string, sql: string, options: ExplainOptions) => explain(terminal, file, sql, options));

  return program;
}

function jsonOption(description: string): Option {
  return new Option('--json', description);
}

function secondsOption(): Option {
  return new Option('--seconds <n>', 'end after so many seconds').argParser((text) => {
    const seconds = Number(text);
    if (!(seconds > 0 && seconds <= 2_000_000)) {
      throw new InvalidArgumentError('It must be a number above 0 and up to 2000000.');
    }
    return seconds;
  });
}

function paramOption(): Option {
  return new Option('--param <value>', 'a parameter of the query; repeatable').argParser(collectParameter);
}

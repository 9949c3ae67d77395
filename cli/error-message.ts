import { FreshetError } from '../core/index.ts';
import { CommandError } from './command-error.ts';

/** What someone at the command line can do about an error, by its subcode or code. */
const remedies: Readonly<Record<string, string>> = {
  BUSY: 'Another program holds the lock; try again when it is done.',
  PARAMETER: 'Parameters are given with --param; see --help.',
  READONLY: 'This command only reads. Write with the sqlite3 program, or from your own code with openSync().',
  'watch.not_a_select': 'Only a SELECT can be watched.',
  'watch.no_dependency': 'Without --events every SELECT can be watched.',
  'watch.opaque': 'Without --events every SELECT can be watched.',
};

/** What stands behind `freshet: ` for an error: what failed, why, and what to do. */
export function errorMessage(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  // Anything else is a mistake of ours: its stack is what a report needs.
  if (!(error instanceof FreshetError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  // The engine's own words for this one are about its methods.
  if (error.subcode === 'sql.not_a_select')
    return 'only a SELECT can be watched, and this is another statement.';
  const [said = '', ...place] = error.message.split(/\n(?= {2}.*\n *\^$)/s);
  const message = /[.!?]$/.test(said) ? said : `${said}.`;
  const remedy = remedies[error.subcode] ?? remedies[error.code];
  return [remedy === undefined ? message : `${message} ${remedy}`, ...place].join('\n');
}

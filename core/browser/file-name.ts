import { ProgrammingError } from '../errors.ts';

/** `/` and what stands for it, `.`, `..`, and whatever is neither seen nor typed, make two spellings of one name. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
/** The header of a file in OPFS has room for 512 bytes of name, with SQLite's endings. */
const longest = 480;

/**
 * The name of a database among those of its origin: for its lock, its channels and its folder. Different names stay
 * different.
 *
 * Most names are kept as URLs write a path, in which files are stored since the first version. Where that would make
 * two names one (`a#1` and `a#2`, `user:1` and `user:2`, `%41` and `A`), a name begins with `#`, which no path does, and
 * is encoded whole.
 * @throws ProgrammingError (`config.location`) for a name that isn't one file's.
 */
export function nameOf(filename: string): string {
  const text = filename.replace(/^\/(?!\/)/, '').replace(/(^|\/)(?:\.\/)+/g, '$1');
  const segments = text.split('/');
  const refuse = (why: string): never => {
    throw new ProgrammingError(`Cannot use ${JSON.stringify(filename)} as the name of a database: ${why}.`, {
      code: 'CONFIG',
      subcode: 'config.location',
    });
  };
  if (controls.test(text)) refuse('it holds a control character');
  if (!text.isWellFormed()) refuse('it holds half of a surrogate pair');
  if (text.includes('\\')) refuse('it holds a backslash. Folders are separated by /');
  if (segments.at(-1) === '') refuse('it names a folder. Add the name of a file');
  if (segments.includes('.') || segments.includes('..'))
    refuse('it holds . or .. as a folder. Name the file alone');
  const name = asPath(text) ?? `#${encodeURIComponent(text)}`;
  if (name.length > longest) refuse(`it is longer than ${longest} bytes`);
  return name;
}

/** As a URL's path, if that stands for this text alone. */
function asPath(text: string): string | undefined {
  // What is encoded already looks like what would be.
  if (text.includes('%')) return undefined;
  const url = URL.parse(text, 'file:///');
  const path = url?.pathname.slice(1);
  return path !== undefined && decodeURIComponent(path) === text ? path : undefined;
}

/** The folder of a database's files. No path has a bare `=` in it when it is encoded. */
export const folderOf = (name: string): string =>
  name.startsWith('#') ? `=${name.slice(1)}` : encodeURIComponent(name);

/** The path of the database among its files. */
export const pathOf = (name: string): string => `/${name}`;

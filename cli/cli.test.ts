import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const entry = fileURLToPath(new URL('./freshet.ts', import.meta.url));
const { version } = createRequire(import.meta.url)('freshet/package.json') as { version: string };

const sqlite3Version = (() => {
  try {
    return execFileSync('sqlite3', ['--version'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
})();
const missing = sqlite3Version === undefined ? ' (skipped: install the sqlite3 program)' : '';

let directory: string;
let file: string;
let db: DatabaseSync;
let started: Command[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'freshet-cli-'));
  file = join(directory, 'app.db');
  db = new DatabaseSync(file, { timeout: 5000 });
  started = [];
});

afterEach(async () => {
  for (const command of started) await command.kill();
  if (db.isOpen) db.close();
  rmSync(directory, { recursive: true, force: true });
});

/** The real command in its own process. */
class Command {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [entry, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    // `close`, not `exit`: what it wrote has arrived then.
    this.exited = once(this.child, 'close').then(([code]) => code as number | null);
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    started.push(this);
  }

  /** The next line of stdout; waits for it. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`The command ended instead of printing a line. Its stderr: ${this.stderr}`);
    return value;
  }

  async json(): Promise<Message> {
    return JSON.parse(await this.line());
  }

  /** Lines until one holds `text`, that one included. */
  async linesUntil(text: string): Promise<string[]> {
    const lines: string[] = [];
    do lines.push(await this.line());
    while (!lines.at(-1)?.includes(text));
    return lines;
  }

  /** Waits until stderr holds `text`. */
  async error(text: string): Promise<void> {
    while (!this.stderr.includes(text)) await once(this.child.stderr, 'data');
  }

  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exited;
  }
}

type Row = Record<string, unknown>;

interface Message {
  readonly type: string;
  readonly rows: Row[];
  readonly commit: number;
  readonly changes: readonly {
    readonly type: 'insert' | 'delete' | 'update';
    readonly row: Row;
    readonly index: number;
    readonly previous: Row;
    readonly previousIndex: number;
  }[];
}

function freshet(...args: string[]): Command {
  return new Command(args);
}

async function run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = freshet(...args);
  let stdout = '';
  command.child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return { code: await command.exited, stdout, stderr: command.stderr };
}

/** The documented meaning of a delta. */
function applied(rows: readonly Row[], changes: Message['changes']): Row[] {
  const next = [...rows];
  for (const change of changes) {
    if (change.type === 'insert') next.splice(change.index, 0, change.row);
    else if (change.type === 'delete') next.splice(change.index, 1);
    else {
      next.splice(change.previousIndex, 1);
      next.splice(change.index, 0, change.row);
    }
  }
  return next;
}

/** By one commit, so that who watches meanwhile sees no empty table. */
function items(): void {
  db.exec(`
    BEGIN;
    CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price REAL);
    INSERT INTO items VALUES (1, 'Ada', 1.5), (2, 'Bo', NULL);
    COMMIT;
  `);
}

const byId = 'SELECT id, name, price FROM items ORDER BY id';

describe('freshet query', () => {
  test('prints the answer as a table with numbers on the right, NULL, and the number of rows', async () => {
    items();
    const { code, stdout, stderr } = await run('query', file, byId);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      ' id │ name │ price',
      '────┼──────┼───────',
      '  1 │ Ada  │   1.5',
      '  2 │ Bo   │  NULL',
      '2 rows',
      '',
    ]);
  });

  test('prints the column names of an empty answer', async () => {
    items();
    const { stdout } = await run('query', file, `${byId} LIMIT 0`);
    expect(stdout).toContain('id │ name │ price');
    expect(stdout).toContain('0 rows');
  });

  test('prints JSON with exact integers, blobs as lowercase hex, and infinities as null', async () => {
    const { code, stdout } = await run(
      'query',
      file,
      `SELECT 9223372036854775807 AS big, -9223372036854775807 AS small, x'00FFa0' AS b, 9e999 AS inf, NULL AS n, 'é"' AS t`,
      '--json',
    );
    expect(code).toBe(0);
    expect(stdout).toBe(
      '[{"big":9223372036854775807,"small":-9223372036854775807,"b":"00ffa0","inf":null,"n":null,"t":"é\\""}]\n',
    );
  });

  test.skipIf(sqlite3Version === undefined)(
    `prints the JSON that the sqlite3 program prints${missing}`,
    async () => {
      items();
      const sql = 'SELECT id, name, price, id AS "0" FROM items ORDER BY id';
      const { stdout } = await run('query', file, sql, '--json');
      expect(stdout).toBe(execFileSync('sqlite3', ['-json', file, sql], { encoding: 'utf8' }));
    },
  );

  test('prints an empty JSON array for an empty answer', async () => {
    expect((await run('query', file, 'SELECT 1 WHERE 0', '--json')).stdout).toBe('[]\n');
  });

  test('keeps both of two columns with one name', async () => {
    const { stdout } = await run('query', file, 'SELECT 1 AS a, 2 AS a', '--csv');
    expect(stdout).toBe('a,a\n1,2\n');
  });

  test('quotes in CSV what needs quotes, and tells NULL from empty text', async () => {
    const { stdout } = await run(
      'query',
      file,
      `SELECT 'a,b' AS "x,y", 'say "hi"' AS q, 'two' || char(10) || 'lines' AS l, NULL AS n, '' AS e, x'0aff' AS b, 9223372036854775807 AS i`,
      '--csv',
    );
    expect(stdout).toBe('"x,y",q,l,n,e,b,i\n"a,b","say ""hi""","two\nlines",,"",0aff,9223372036854775807\n');
  });

  test('shows control characters instead of sending them to the terminal', async () => {
    const { stdout } = await run(
      'query',
      file,
      `SELECT char(27) || '[31mred' AS esc, 'a' || char(10) || 'b' AS lines, 'x' || char(0) || 'y' AS nul, char(0x202e) || 'z' AS bidi`,
    );
    expect(stdout).toContain('\\x1b[31mred │ a\\nb  │ x\\x00y │ \\u202ez');
    expect(stdout).not.toContain('\x1b');
  });

  test('binds parameters by position, each in the type it looks like', async () => {
    const types =
      'typeof(?1) a, typeof(?2) b, typeof(?3) c, typeof(?4) d, typeof(?5) e, ?1 + 0 AS n, hex(?5) AS h';
    const params = ['9223372036854775807', '-1.5', 'null', 'text:5', 'blob:00ff'].flatMap((p) => [
      '--param',
      p,
    ]);
    const { stdout } = await run('query', file, `SELECT ${types}`, '--csv', ...params);
    expect(stdout.split('\n')[1]).toBe('integer,real,null,text,blob,9223372036854775807,00FF');
  });

  test('binds parameters by name', async () => {
    items();
    const sql = 'SELECT name FROM items WHERE id = :id AND name <> $other';
    const { stdout } = await run('query', file, sql, '--param', ':id=2', '--param', '$other=a=b', '--csv');
    expect(stdout).toBe('name\nBo\n');
  });

  test('prints every row when nobody sits at a terminal', async () => {
    const sql =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n';
    const lines = (await run('query', file, sql)).stdout.trimEnd().split('\n');
    expect(lines.length).toBe(2 + 2500 + 1);
    expect(lines.at(-1)).toBe('2,500 rows');
  });

  test('refuses to write, and says so', async () => {
    items();
    for (const sql of ["INSERT INTO items VALUES (3, 'Cy', 1)", 'DROP TABLE items', 'DELETE FROM items']) {
      const { code, stdout, stderr } = await run('query', file, sql);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('only reads');
    }
    expect(db.prepare('SELECT count(*) AS n FROM items').get()).toEqual({ n: 2 });
  });

  test('leaves the file and its directory as they were', async () => {
    items();
    db.close();
    const before = readFileSync(file);
    await run('query', file, byId);
    await run('explain', file, byId);
    await run('watch', file, byId, '--seconds', '0.1');
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(directory)).toEqual(['app.db']);
  });
});

describe('errors', () => {
  test('a file that does not exist is named, and not created', async () => {
    const missing = join(directory, 'nothing.db');
    const { code, stderr } = await run('query', missing, 'SELECT 1');
    expect(code).toBe(1);
    expect(stderr).toContain(`freshet: cannot open ${missing}: no such file`);
    expect(readdirSync(directory)).not.toContain('nothing.db');
  });

  test('a directory and a file that is no database are told apart', async () => {
    const text = join(directory, 'notes.txt');
    writeFileSync(text, 'These are notes, not pages of a database. '.repeat(100));
    expect((await run('watch', directory, 'SELECT 1')).stderr).toContain('it is a directory');
    const { code, stderr } = await run('changes', text);
    expect(code).toBe(1);
    expect(stderr).toContain('not an SQLite database');
  });

  test("wrong SQL is exit code 1 with SQLite's message and no stack", async () => {
    for (const command of ['query', 'watch', 'explain']) {
      const { code, stdout, stderr } = await run(command, file, 'SELECT * FROM nowhere');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^freshet: .*no such table: nowhere/);
      expect(stderr).not.toContain('    at ');
    }
  });

  test('a missing parameter is explained', async () => {
    const { code, stderr } = await run('query', file, 'SELECT ?');
    expect(code).toBe(1);
    expect(stderr).toContain('--param');
  });

  test('wrong usage is exit code 2', async () => {
    for (const args of [
      [],
      ['nonsense'],
      ['watch', file],
      ['watch', file, 'SELECT 1', 'more'],
      ['watch', file, 'SELECT 1', '--nonsense'],
      ['watch', file, 'SELECT 1', '--json', '--events'],
      ['watch', file, 'SELECT 1', '--seconds', 'soon'],
      ['query', file, 'SELECT 1', '--json', '--csv'],
      ['query', file, 'SELECT ?', '--param', '9223372036854775808'],
      ['query', file, 'SELECT ?', '--param', 'blob:0'],
      ['query', file, 'SELECT ?', '--param', '1', '--param', ':a=1'],
    ]) {
      const { code, stdout, stderr } = await run(...args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).not.toBe('');
    }
  });

  test('help and version are exit code 0, and every command has an example', async () => {
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const command of ['watch', 'changes', 'query', 'explain']) {
      expect(help.stdout).toContain(command);
      const { code, stdout } = await run(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain(`$ freshet ${command} app.db`);
    }
    expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('freshet watch', () => {
  test('prints the answer, then each change that another process commits', async () => {
    items();
    const watch = freshet('watch', file, byId);
    expect((await watch.linesUntil('2 rows')).slice(2, 4)).toEqual([
      '  1 │ Ada  │   1.5',
      '  2 │ Bo   │  NULL',
    ]);
    const clock = String.raw`\d\d:\d\d:\d\d\.\d{3}  #\d+  `;
    db.exec("INSERT INTO items VALUES (3, 'O''Neil' || char(10), 2)");
    expect(await watch.line()).toMatch(new RegExp(String.raw`^${clock}\+ id=3  name='O''Neil\\n'  price=2$`));
    db.exec('UPDATE items SET price = 4.25 WHERE id = 2');
    expect(await watch.line()).toMatch(new RegExp(`^${clock}~ id=2  price: NULL → 4.25$`));
    db.exec('DELETE FROM items WHERE id = 1');
    expect(await watch.line()).toMatch(new RegExp(String.raw`^${clock}- id=1  name='Ada'  price=1\.5$`));
  });

  test('prints the changes of one commit together', async () => {
    items();
    const watch = freshet('watch', file, byId);
    await watch.linesUntil('2 rows');
    db.exec("BEGIN; DELETE FROM items WHERE id = 1; INSERT INTO items VALUES (3, 'Cy', 1); COMMIT");
    const lines = [await watch.line(), await watch.line()];
    expect(lines.filter((line) => /#\d+/.test(line)).length).toBe(1);
    expect(lines.map((line) => line.replace(/^.*?(?=[+~-] )/, '')).sort()).toEqual([
      "+ id=3  name='Cy'  price=1",
      "- id=1  name='Ada'  price=1.5",
    ]);
  });

  test('prints JSON lines: the snapshot, then deltas whose commits rise', async () => {
    db.exec(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, big INT, b BLOB); INSERT INTO t VALUES (1, 9223372036854775807, x'FF')",
    );
    const watch = freshet('watch', file, 'SELECT * FROM t ORDER BY id', '--json');
    expect(await watch.line()).toBe(
      '{"type":"snapshot","rows":[{"id":1,"big":9223372036854775807,"b":"ff"}]}',
    );
    db.exec('INSERT INTO t VALUES (2, -9223372036854775808, NULL)');
    const text = await watch.line();
    expect(text).toContain('"big":-9223372036854775808');
    const insert = JSON.parse(text) as Message;
    expect(Object.keys(insert)).toEqual(['type', 'commit', 'changes']);
    expect(insert.changes.map(({ type, index }) => [type, index])).toEqual([['insert', 1]]);
    db.exec('DELETE FROM t WHERE id = 1');
    const remove = await watch.json();
    expect(remove.changes.map(({ type, index }) => [type, index])).toEqual([['delete', 0]]);
    expect(remove.commit).toBeGreaterThan(insert.commit);
  });

  test('prints the raw events', async () => {
    items();
    const watch = freshet('watch', file, byId, '--events');
    expect(await watch.json()).toMatchObject({ type: 'initial', columns: ['id', 'name', 'price'] });
    db.exec("INSERT INTO items VALUES (3, 'Cy', 1)");
    expect(await watch.json()).toMatchObject({
      type: 'invalidate',
      source: 'external',
      tables: ['items'],
      row_changes: [],
    });
    watch.child.kill('SIGINT');
    expect(await watch.json()).toMatchObject({ type: 'closed' });
    expect(await watch.exited).toBe(0);
  });

  test('ends with exit code 0 on Ctrl-C, and lets go of the file', async () => {
    items();
    for (const mode of [['--json'], ['--events'], []]) {
      const watch = freshet('watch', file, byId, ...mode);
      await watch.line();
      watch.child.kill('SIGINT');
      expect(await watch.exited).toBe(0);
      expect(watch.stderr).toBe('');
    }
    db.close();
    expect(readdirSync(directory)).toEqual(['app.db']);
  });

  test('takes every SELECT, and refuses other statements', async () => {
    items();
    for (const sql of [
      'SELECT 1 AS one',
      "SELECT value FROM json_each('[1]')",
      'SELECT DISTINCT 1 FROM items;',
    ]) {
      expect((await run('watch', file, sql, '--seconds', '0.1')).stdout).toContain('1 row');
    }
    for (const sql of ['DELETE FROM items', 'PRAGMA user_version', 'SELECT 1; SELECT 2', '']) {
      const { code, stderr } = await run('watch', file, sql, '--seconds', '0.1');
      expect({ sql, code }).toEqual({ sql, code: 1 });
      expect(stderr).toMatch(/^freshet: .*SELECT|statement/);
    }
  });

  test('says when columns share a name, since a row holds one value for it', async () => {
    const { stdout, stderr } = await run('watch', file, 'SELECT 1 AS a, 2 AS b, 3 AS a', '--seconds', '0.1');
    expect(stdout).toMatch(/^ a │ b\n/);
    expect(stderr).toContain('several columns are called a');
  });

  test('ends by itself after --seconds', async () => {
    items();
    expect(await run('watch', file, byId, '--json', '--seconds', '0.2')).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('ends quietly when its reader goes away', async () => {
    items();
    const watch = freshet('watch', file, byId, '--json');
    await watch.line();
    watch.child.stdout.destroy();
    const exited = once(watch.child, 'exit');
    const writer = setInterval(() => db.exec('UPDATE items SET price = random() WHERE id = 1'), 20);
    const [code] = await exited;
    clearInterval(writer);
    expect({ code, stderr: watch.stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('says when the table is dropped, and answers again once it is back', async () => {
    items();
    const watch = freshet('watch', file, byId, '--json');
    await watch.line();
    db.exec('DROP TABLE items');
    await watch.error('no such table: items');
    items();
    expect(await watch.json()).toMatchObject({ type: 'snapshot', rows: [{ id: 1 }, { id: 2 }] });
    db.exec('DELETE FROM items WHERE id = 1');
    expect(await watch.json()).toMatchObject({ type: 'delta' });
    expect(watch.stderr.match(/no such table/g)).toHaveLength(1);
  });

  describe.skipIf(sqlite3Version === undefined)(`beside the sqlite3 program${missing}`, () => {
    test.each([
      'wal',
      'delete',
    ])('shows its final answer after a burst of 1,000 commits in journal mode %s', async (journal) => {
      items();
      db.exec(`PRAGMA journal_mode = ${journal}`);
      db.close();
      const watch = freshet('watch', file, byId, '--json');
      let { rows } = await watch.json();
      const script = Array.from({ length: 1000 }, (_, n) => {
        const id = 1 + ((n * 7) % 50);
        if (n % 5 === 4) return `DELETE FROM items WHERE id = ${id};`;
        return `INSERT INTO items VALUES (${id}, 'n${n}', ${n}) ON CONFLICT DO UPDATE SET name = excluded.name, price = ${n};`;
      });
      // The last commit is a row to wait for.
      script.push("INSERT INTO items VALUES (1000, 'last', 0);");
      const sqlite3 = spawn('sqlite3', ['-cmd', '.timeout 10000', file], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const ended = once(sqlite3, 'exit');
      sqlite3.stdin.end(`PRAGMA synchronous = OFF;\n${script.join('\n')}\n`);
      while (rows.at(-1)?.id !== 1000) rows = applied(rows, (await watch.json()).changes);
      expect(await ended).toEqual([0, null]);
      expect(rows).toEqual(JSON.parse(execFileSync('sqlite3', ['-json', file, byId], { encoding: 'utf8' })));
    });
  });
});

describe('freshet changes', () => {
  test('prints which tables a commit of another process touched', async () => {
    items();
    const changes = freshet('changes', file, '--json');
    expect(await changes.json()).toMatchObject({ type: 'initial' });
    db.exec("INSERT INTO items VALUES (3, 'Cy', 1)");
    expect(await changes.json()).toMatchObject({ type: 'change', source: 'external', row_changes: [] });
    changes.child.kill('SIGINT');
    expect(await changes.exited).toBe(0);
  });

  test('prints a line with time, number and tables for each commit', async () => {
    items();
    const changes = freshet('changes', file, '--table', 'items');
    // Nothing tells when it has begun, so there are commits until it shows one.
    const writer = setInterval(() => db.exec('UPDATE items SET price = random() WHERE id = 1'), 20);
    expect(await changes.line()).toMatch(/^\d\d:\d\d:\d\d\.\d{3} {2}#\d+ {2}items may have changed/);
    clearInterval(writer);
  });

  test('refuses a table that does not exist', async () => {
    items();
    const changes = freshet('changes', file, '--table', 'nowhere');
    expect(await changes.exited).toBe(1);
    expect(changes.stderr).toContain('nowhere');
  });
});

describe('a command that reads', () => {
  test.each([
    'VACUUM INTO ?',
    "ATTACH 'other.db' AS other",
    'PRAGMA wal_checkpoint',
    'PRAGMA wal_checkpoint(TRUNCATE)',
    'PRAGMA optimize',
    "PRAGMA temp_store_directory = '/tmp'",
    'PRAGMA journal_mode = delete',
    'CREATE TEMP TABLE t(a)',
    'DELETE FROM items',
    'BEGIN',
  ])('refuses to run %s', async (sql) => {
    items();
    db.exec('PRAGMA journal_mode = wal');
    db.close();
    const before = readFileSync(file);
    const target = join(directory, 'target.db');
    const { code, stdout, stderr } = await run('query', file, sql.replace('?', `'${target}'`));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('this command only reads, and this statement may do more');
    expect(readdirSync(directory)).toEqual(['app.db']);
    expect(readFileSync(file)).toEqual(before);
  });

  test.each([
    'PRAGMA table_info(items)',
    'PRAGMA user_version',
    'PRAGMA integrity_check',
    'VALUES (1)',
    'EXPLAIN DELETE FROM items',
  ])('runs %s', async (sql) => {
    items();
    const { code, stdout } = await run('query', file, sql, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).not.toEqual([]);
  });

  test('says what is wrong with SQL that is none', async () => {
    const { code, stderr } = await run('query', file, 'VACUUM INTOO 1');
    expect(code).toBe(1);
    expect(stderr).toContain('syntax error');
  });

  test.each(['query', 'watch', 'changes', 'explain'])('leaves no file behind: %s', async (name) => {
    items();
    db.exec('PRAGMA journal_mode = wal');
    db.close();
    const before = readFileSync(file);
    const command = freshet(name, file, ...(name === 'changes' ? ['--json'] : [byId]));
    if (name === 'watch' || name === 'changes') {
      await command.line();
      command.child.kill('SIGINT');
    }
    expect(await command.exited).toBe(0);
    expect(readdirSync(directory)).toEqual(['app.db']);
    expect(readFileSync(file)).toEqual(before);
  });

  test('leaves the files of a program that writes', async () => {
    items();
    db.exec("PRAGMA journal_mode = wal; INSERT INTO items VALUES (3, 'Cy', 1)");
    expect((await run('query', file, byId)).code).toBe(0);
    expect(readdirSync(directory)).toEqual(['app.db', 'app.db-shm', 'app.db-wal']);
    expect(db.prepare('PRAGMA wal_checkpoint').get()).toMatchObject({ busy: 0, log: 1 });
  });

  test('says that work of a program that died must be rolled back, and loses nothing', async () => {
    items();
    db.exec(
      "WITH RECURSIVE c(n) AS (SELECT 10 UNION ALL SELECT n + 1 FROM c LIMIT 500) INSERT INTO items SELECT n, printf('%.400c', 'y'), 1 FROM c",
    );
    db.close();
    const torn = `const { DatabaseSync } = require('node:sqlite');
      new DatabaseSync(${JSON.stringify(file)}).exec("PRAGMA cache_size = 5; BEGIN; UPDATE items SET name = 'torn'");
      process.kill(process.pid, 'SIGKILL');`;
    await once(spawn(process.execPath, ['-e', torn], { stdio: 'ignore' }), 'exit');
    const files = ['app.db', 'app.db-journal'];
    expect(readdirSync(directory)).toEqual(files);
    const bytes = readFileSync(file);
    const { code, stderr } = await run('query', file, byId);
    expect(code).toBe(1);
    expect(stderr).toContain('a program died while it wrote');
    expect(stderr).not.toContain('WAL');
    expect(readdirSync(directory)).toEqual(files);
    expect(readFileSync(file)).toEqual(bytes);
    db = new DatabaseSync(file);
    expect(db.prepare("SELECT count(*) AS n FROM items WHERE name = 'torn'").get()).toEqual({ n: 0 });
  });
});

describe('freshet explain', () => {
  test("names the tier, and prints SQLite's plan", async () => {
    items();
    const { code, stdout } = await run('explain', file, 'SELECT * FROM items WHERE id = ?', '--param', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/incremental|re-evaluated/);
    expect(stdout).toContain('SEARCH items USING INTEGER PRIMARY KEY');
  });
});

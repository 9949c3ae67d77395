import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FreshetError, openSync, type Params } from 'freshet';
import { describe, expect, it } from 'vitest';
import { bare, opened, temporaryFolder } from '../tests/support/opening.ts';
import { diagnosticKeys, documented, documentedCodes, thrownBy } from '../tests/support/thrown.ts';

describe('every error carries code, subcode, retryable, permanent and diagnostic', () => {
  /** A text that stands in every value, every piece of SQL and every folder, but in no name of a table. */
  const marker = 'Zx9marker';

  function markedFolder(): string {
    const folder = join(temporaryFolder(), marker);
    mkdirSync(folder);
    return folder;
  }

  const schema = `
    CREATE TABLE p (id INTEGER PRIMARY KEY);
    CREATE TABLE t (a UNIQUE, b NOT NULL, c CHECK (c <> '${marker} checked'), d REFERENCES p);
    CREATE TABLE strict_t (n INT) STRICT;
    CREATE TABLE keyed (id INTEGER PRIMARY KEY);
    CREATE TRIGGER raising BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, '${marker} raised'); END;
    INSERT INTO t VALUES ('${marker}', 1, 1, NULL)`;

  /** Fails in each of its ways, with the marker in what the user wrote. */
  function failures(): FreshetError[] {
    const folder = markedFolder();
    const path = join(folder, 'app.db');
    const db = opened(path, { busyTimeoutMs: 0 });
    db.exec(schema);
    const run = (sql: string, params?: Params): FreshetError => thrownBy(() => db.execute(sql, params));
    const errors = [
      run('INSERT INTO t VALUES (?, 1, 1, NULL)', [marker]),
      run(`INSERT INTO t VALUES ('${marker}', 1, 1, NULL)`),
      run('INSERT INTO t VALUES (1, NULL, ?, NULL)', [marker]),
      run('INSERT INTO t VALUES (1, 1, ?, NULL)', [`${marker} checked`]),
      run('INSERT INTO t VALUES (1, 1, 1, ?)', [marker]),
      run('DELETE FROM t WHERE a = ?', [marker]),
      run('INSERT INTO strict_t VALUES (?)', [marker]),
      run('INSERT INTO keyed VALUES (?)', [marker]),
      run(`SELECT * FROM ${marker}`),
      run(`SELECT ${marker} FROM t`),
      run(`SELECT ${marker}()`),
      run(`${marker} 1`),
      run(`SELECT '${marker}`),
      run(`SELECT '${marker}'; SELECT 2`),
      run(`-- ${marker}`),
      run('SELECT json(?)', [`{${marker}`]),
      run(`SELECT :${marker}`, {}),
      run('SELECT 1', { [marker]: 1 }),
      run(`SELECT ?, :${marker}`, [1]),
      run('SELECT ?', [{ [marker]: 1 } as never]),
      run('SELECT ?', [`${marker}\uD800`]),
      run('SELECT abs(-9223372036854775808)'),
      run(`RELEASE ${marker}`),
      run(`ATTACH '${folder}/missing/x.db' AS x`),
      thrownBy(() => db.begin(marker as never)),
      thrownBy(() => db.fetchOne('SELECT a FROM t WHERE b = ?', [marker])),
      thrownBy(() => db.watchTable(marker)),
      thrownBy(() => db.watchTable({ [marker]: marker } as never)),
      thrownBy(() => db.watchQuery(`SELECT '${marker}'`)),
      thrownBy(() => db.executeBatch(`SELECT '${marker}'`, [[]])),
      thrownBy(() => openSync(path, { options: `${marker}=1` })),
      thrownBy(() => openSync(path, { mode: 'create' })),
      thrownBy(() => openSync(join(folder, 'missing.db'), { mode: 'open' })),
      thrownBy(() => openSync(join(folder, 'missing', 'app.db'))),
      thrownBy(() => openSync(folder)),
      thrownBy(() => openSync(`file://${marker}/x.db`)),
      thrownBy(() => opened(path, { readOnly: true }).execute(`DELETE FROM t WHERE a = '${marker}'`)),
    ];
    const other = bare(path);
    other.exec('BEGIN IMMEDIATE');
    errors.push(run('UPDATE t SET b = ?', [marker]));
    other.exec('ROLLBACK');
    other.close();
    writeFileSync(join(folder, 'letter.db'), `${marker} `.repeat(500));
    errors.push(thrownBy(() => openSync(join(folder, 'letter.db'))));
    errors.push(thrownBy(() => opened('', { intMode: 'number' }).query('SELECT 9007199254740993')));
    db.execute('PRAGMA max_page_count = 1');
    errors.push(run('INSERT INTO t VALUES (1, zeroblob(1000000), 1, NULL)'));
    const ended = db.begin();
    ended.commit();
    errors.push(thrownBy(() => ended.query(`SELECT '${marker}'`)));
    db.close();
    errors.push(thrownBy(() => db.query(`SELECT '${marker}'`)));
    return errors;
  }

  it('of their types, as docs/errors.md has them for the code', () => {
    const codes = new Set<string>();
    for (const error of failures()) {
      codes.add(error.code);
      expect(error.code).toBeTypeOf('string');
      expect(error.subcode).toBeTypeOf('string');
      expect(error.retryable).toBeTypeOf('boolean');
      expect(error.permanent).toBe(!error.retryable);
      expect(error.stack).toContain(error.name);
    }
    // What only chance, a full heap, another thread or another version of SQLite brings about is not met here.
    const rare = ['CANCELED', 'CONNECTION', 'FILE_REPLACED', 'INTERNAL', 'MEMORY', 'NOT_SUPPORTED'];
    const ofReactive = ['DRAFT', 'UNDO'];
    expect([...codes].sort()).toEqual(
      [...documentedCodes.keys()].filter((code) => ![...rare, ...ofReactive].includes(code)).sort(),
    );
  });

  it('whose diagnostic holds no SQL, no values and no full paths, nor has the error as JSON', () => {
    for (const error of failures()) {
      // The name of a thing that was asked for by name is no secret: a watch's table.
      const asked = error.code === 'WATCH' ? error.table : undefined;
      for (const text of [JSON.stringify(error.diagnostic), JSON.stringify(error)]) {
        expect(text.replaceAll(asked ?? '\u0000', ''), `${error.subcode}: ${error.message}`).not.toContain(
          marker,
        );
      }
      expect(Object.keys(error.diagnostic).filter((key) => !diagnosticKeys.includes(key))).toEqual([]);
      for (const [key, value] of Object.entries(error.diagnostic)) {
        expect(value, key).toBe(
          key === 'version' ? 1 : Reflect.get(error, key === 'relation' ? 'table' : key),
        );
      }
    }
  });

  it('and messages hold no bound value', () => {
    const secret = 'Zx9secret';
    const db = opened();
    db.exec(schema);
    for (const [sql, params] of [
      ['INSERT INTO t VALUES (?, NULL, 1, 1)', [secret]],
      ['INSERT INTO strict_t VALUES (?)', [secret]],
      ['INSERT INTO t VALUES (1, 1, 1, ?)', [secret]],
      ['SELECT ?, ?', [secret]],
      ['SELECT ?', [`${secret}\uD800`]],
      ['SELECT json(?)', [secret]],
      ['SELECT ?', secret],
    ] as const) {
      const error = thrownBy(() => db.execute(sql, params as Params));
      expect(error.message, sql).not.toContain(secret);
    }
  });

  it('also FILE_REPLACED, when the file goes while it is watched', async () => {
    const path = join(markedFolder(), 'app.db');
    const { promise: reported, resolve } = Promise.withResolvers<unknown>();
    const db = opened(path, { onError: resolve, pollIntervalMs: 1 });
    db.exec('CREATE TABLE t (a)');
    db.watchTable('t');
    rmSync(path);
    const errors = [await reported, thrownBy(() => db.execute('INSERT INTO t VALUES (1)'))];
    for (const error of errors) {
      const { name, code, retryable, message, diagnostic } = documented(error);
      expect([name, code, retryable]).toEqual(['OperationalError', 'FILE_REPLACED', false]);
      expect(JSON.stringify([error, diagnostic, message])).not.toContain(marker);
    }
  });
});

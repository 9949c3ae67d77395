import type { DatabaseSync } from 'freshet';
import { type Recipe, type RowKey, update } from 'freshet/reactive';
import { describe, expect, it } from 'vitest';
import { opened } from '../../tests/support/opening.ts';
import { thrownBy } from '../../tests/support/thrown.ts';

const schema = `
  CREATE TABLE t(id INTEGER PRIMARY KEY, title TEXT NOT NULL CHECK (title <> ''), n REAL, data BLOB, meta JSON,
    extra TEXT, twice AS (n * 2));
  CREATE TABLE pairs(a TEXT, b INTEGER, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
  CREATE TABLE plain(v);
  CREATE VIEW seen AS SELECT * FROM t;
  INSERT INTO t(id, title, n, data, meta, extra) VALUES
    (1, 'One', 1.0, x'0102', '{"a":{"b":[1,2,3]}}', '{"x":1}'), (2, 'Two', NULL, NULL, NULL, NULL);
  INSERT INTO pairs VALUES ('x', 1, 'p'), ('x', 2, 'q');
  INSERT INTO plain VALUES ('first'), ('second');`;

// biome-ignore lint/suspicious/noExplicitAny: the drafts of all these tables.
type Any = any;

function withRows(more = ''): DatabaseSync {
  const db = opened();
  db.exec(schema + more);
  return db;
}

const edit = (db: DatabaseSync, recipe: Recipe<Any>, key: RowKey | readonly RowKey[] = 1, table = 't') =>
  update<Any>(db, table, key, recipe);

describe('the key of an update', () => {
  const keys: [string, RowKey | readonly RowKey[], string[]][] = [
    ['pairs', ['x', 1], ['pX', 'q']],
    ['pairs', { b: 2, a: 'x' }, ['p', 'qX']],
    ['pairs', [['x', 1], { a: 'x', b: 2 }], ['pX', 'qX']],
    ['plain', 2, ['first', 'secondX']],
    ['plain', [1, { rowid: 2 }], ['firstX', 'secondX']],
    ['plain', [], ['first', 'second']],
  ];
  it.each(keys)('of %s may be %o', (table, key, expected) => {
    const db = withRows();
    edit(
      db,
      (row) => {
        row.v += 'X';
      },
      key,
      table,
    );
    expect(db.query<{ v: string }>(`SELECT v FROM ${table}`).map(({ v }) => v)).toEqual(expected);
  });

  const wrong: [string, unknown][] = [
    ['pairs', 'x'],
    ['pairs', ['x']],
    ['pairs', { a: 'x' }],
    ['pairs', { a: 'x', b: 1, v: 'p' }],
    ['t', { rowid: 1 }],
    ['t', undefined],
    ['seen', 1],
  ];
  it.each(wrong)('of %s is not %o', (table, key) => {
    expect(thrownBy(() => update(withRows(), table, key as RowKey, () => {})).code).toBe('DRAFT');
  });

  it('is not changed by an update', () => {
    expect(
      thrownBy(() =>
        edit(withRows(), (row) => {
          row.id = 5;
        }),
      ),
    ).toMatchObject({
      subcode: 'draft.key_changed',
      column: 'id',
    });
  });

  it('that is given twice sees what the first did', () => {
    const db = withRows();
    expect(
      edit(
        db,
        (row) => {
          row.n += 1;
        },
        [1, 1],
      ),
    ).toMatchObject({ changes: 2 });
    expect(db.queryOne('SELECT n FROM t WHERE id = 1')).toEqual({ n: 3 });
  });

  it('of a table that is not there is an error of SQL', () => {
    expect(thrownBy(() => edit(withRows(), () => {}, 1, 'nope'))).toMatchObject({
      subcode: 'sql.relation_not_found',
      table: 'nope',
    });
  });
});

describe('an update that is refused', () => {
  const refused: [string, Recipe<Any>, object][] = [
    [
      'an unknown column',
      (row) => {
        row.Title = 'x';
      },
      { subcode: 'draft.unknown_column', column: 'Title' },
    ],
    [
      'a generated column',
      (row) => {
        row.twice = 5;
      },
      { subcode: 'draft.generated', column: 'twice' },
    ],
    [
      'undefined',
      (row) => {
        row.title = undefined;
      },
      { code: 'VALUE', column: 'title' },
    ],
    ['a column deleted', (row) => void delete row.n, { code: 'VALUE', column: 'n' }],
    [
      'an object in a column that is not JSON',
      (row) => {
        row.extra = { x: 1 };
      },
      { code: 'VALUE', column: 'extra' },
    ],
    [
      'NaN',
      (row) => {
        row.n = Number.NaN;
      },
      { code: 'VALUE' },
    ],
    [
      'NaN inside of JSON',
      (row) => {
        row.meta.a.b[0] = Number.NaN;
      },
      { code: 'VALUE', column: 'meta' },
    ],
    [
      'a map inside of JSON',
      (row) => {
        row.meta.a = new Map();
      },
      { code: 'VALUE', column: 'meta' },
    ],
    [
      'a function inside of JSON',
      (row) => {
        row.meta.a = () => {};
      },
      { code: 'VALUE', column: 'meta' },
    ],
    [
      'an asynchronous recipe',
      async (row) => {
        row.title = 'x';
      },
      { subcode: 'draft.async' },
    ],
    ['a new row returned', (row) => ({ ...row, title: 'x' }), { subcode: 'draft.returned' }],
    [
      'NULL where there must be a value',
      (row) => {
        row.title = null;
      },
      { subcode: 'constraint.not_null' },
    ],
    [
      'what a CHECK forbids',
      (row) => {
        row.title = '';
      },
      { subcode: 'constraint.check' },
    ],
  ];
  it.each(refused)('sets %s, and writes nothing', (_, recipe, expected) => {
    const db = withRows();
    const before = db.query('SELECT * FROM t');
    expect(thrownBy(() => edit(db, recipe, [1]))).toMatchObject(expected);
    expect(db.query('SELECT * FROM t')).toEqual(before);
    expect(db.inTransaction).toBe(false);
  });

  it('is refused for all of its rows', () => {
    const db = withRows();
    const recipe = (row: Any): void => {
      row.n = 7;
      if (row.id === 2) throw new Error('not this one');
    };
    expect(() => edit(db, recipe, [1, 2])).toThrow('not this one');
    expect(
      thrownBy(() =>
        edit(
          db,
          (row) => {
            row.n = 7;
          },
          [1, 9],
        ),
      ),
    ).toMatchObject({ code: 'NO_ROW' });
    expect(db.query('SELECT n FROM t')).toEqual([{ n: 1 }, { n: null }]);
  });
});

describe('the values of an update', () => {
  it('are bound as everywhere', () => {
    const db = withRows();
    edit(db, (row) => {
      row.title = new Date(0);
      row.n = true;
      row.data = new Uint8Array([9]);
    });
    expect(db.queryOne('SELECT title, n, data FROM t WHERE id = 1')).toEqual({
      title: '1970-01-01T00:00:00.000Z',
      n: 1,
      data: new Uint8Array([9]),
    });
  });

  it('may be bytes that were changed in place', () => {
    const db = withRows();
    const result = edit(db, (row) => {
      row.data[0] = 7;
    });
    expect(result.sql).toEqual(['UPDATE "t" SET "data" = ? WHERE "id" = ?']);
    expect(result.inverse).toEqual([{ op: 'replace', path: ['data'], value: new Uint8Array([1, 2]) }]);
    expect(db.queryOne('SELECT data FROM t WHERE id = 1')).toEqual({ data: new Uint8Array([7, 2]) });
  });

  it('are not written where they come to the same', () => {
    const db = withRows();
    const commits: unknown[] = [];
    db.subscribe((changeset) => commits.push(changeset));
    const same = edit(db, (row) => {
      row.title = 'Other';
      row.title = 'One';
      row.n = 1n;
      row.data = new Uint8Array([1, 2]);
      row.meta = { a: { b: [1, 2, 3] } };
      row.meta.more = undefined;
    });
    expect(same).toEqual({ changes: 0, patches: [], inverse: [], sql: [] });
    expect(commits).toEqual([]);
  });

  it('of JSON go in as NULL where the column may be NULL, and as null where it may not', () => {
    const db = withRows(
      `CREATE TABLE must(id INTEGER PRIMARY KEY, meta JSON NOT NULL); INSERT INTO must VALUES (1, '{}')`,
    );
    edit(db, (row) => {
      row.meta = null;
    });
    edit(
      db,
      (row) => {
        row.meta = null;
      },
      1,
      'must',
    );
    expect(db.queryOne('SELECT meta FROM t WHERE id = 1')).toEqual({ meta: null });
    expect(db.queryOne('SELECT meta FROM must')).toEqual({ meta: 'null' });
    edit(
      db,
      (row) => {
        row.meta = { back: true };
      },
      [1, 2],
    );
    expect(db.query('SELECT meta FROM t')).toEqual([{ meta: '{"back":true}' }, { meta: '{"back":true}' }]);
  });

  it('of other columns are JSON where an option says so', () => {
    const db = withRows();
    const result = update<Any>(
      db,
      't',
      1,
      (row) => {
        row.extra.y = 2;
      },
      { json: ['extra'] },
    );
    expect(result.sql[0]).toContain('json_insert("extra", ?, json(?))');
    expect(db.queryOne('SELECT extra FROM t WHERE id = 1')).toEqual({ extra: '{"x":1,"y":2}' });
    expect(thrownBy(() => update<Any>(db, 't', 1, () => {}, { json: ['nope'] }))).toMatchObject({
      subcode: 'draft.unknown_column',
    });
  });

  it('leave the rest of a document as it is written', () => {
    const db = withRows();
    db.execute(`UPDATE t SET meta = '{"n":1.0,"big":12345678901234567890.123,"a":1}' WHERE id = 1`);
    edit(db, (row) => {
      row.meta.a = 2;
    });
    expect(db.queryOne('SELECT meta FROM t WHERE id = 1')).toEqual({
      meta: '{"n":1.0,"big":12345678901234567890.123,"a":2}',
    });
  });

  it('may mend a text that is no JSON', () => {
    const db = withRows("UPDATE t SET meta = 'oops' WHERE id = 1");
    expect(edit(db, (row) => expect(row.meta).toBe('oops')).changes).toBe(0);
    edit(db, (row) => {
      row.meta = ['mended'];
    });
    expect(db.queryOne('SELECT meta FROM t WHERE id = 1')).toEqual({ meta: '["mended"]' });
  });

  it('that the recipe puts in are not frozen', () => {
    const db = withRows();
    const mine = { list: [1] };
    edit(db, (row) => {
      row.meta = mine;
    });
    mine.list.push(2);
    expect(mine).toEqual({ list: [1, 2] });
  });
});

describe('the transaction of an update', () => {
  it('is the one that is open, of which it is a savepoint', () => {
    const db = withRows();
    const tx = db.begin();
    edit(db, (row) => {
      row.n = 2;
    });
    update<Any>(tx, 't', 1, (row) => {
      row.n += 1;
    });
    expect(
      thrownBy(() =>
        update<Any>(tx, 't', [1, 9], (row) => {
          row.n = 9;
        }),
      ),
    ).toMatchObject({
      code: 'NO_ROW',
    });
    expect(tx.queryOne('SELECT n FROM t WHERE id = 1')).toEqual({ n: 3 });
    tx.rollback();
    expect(db.queryOne('SELECT n FROM t WHERE id = 1')).toEqual({ n: 1 });
  });

  it('is one commit for several rows', () => {
    const db = withRows();
    const commits: number[] = [];
    db.subscribe(({ row_changes }) => commits.push(row_changes.length));
    const { patches, inverse } = edit(
      db,
      (row) => {
        row.title += '!';
      },
      [1, 2],
    );
    expect(commits).toEqual([2]);
    expect(patches.map(({ path }) => path)).toEqual([
      [0, 'title'],
      [1, 'title'],
    ]);
    expect(inverse.map(({ path, value }) => [path, value])).toEqual([
      [[1, 'title'], 'Two'],
      [[0, 'title'], 'One'],
    ]);
  });
});

/** Written like this, since the linter takes it for the accessor. */
const proto = '__proto__';
const assign = (target: Any, property: string, value: unknown): void => {
  target[property] = value;
};

describe('a column or member named __proto__', () => {
  function withProto(): DatabaseSync {
    const db = opened();
    db.exec(`CREATE TABLE j(id INTEGER PRIMARY KEY, "__proto__" TEXT, meta JSON);
      INSERT INTO j VALUES (1, 'before', '{"a":{"__proto__":1,"b":{}},"\\u005f_proto__":2}')`);
    return db;
  }

  it.each(['after', null, '', 5])('is written: %s', (value) => {
    const db = withProto();
    const { changes, patches, inverse } = edit(db, (draft) => assign(draft, proto, value), 1, 'j');
    const stored = value === null ? null : String(value);
    expect(db.queryRaw('SELECT "__proto__" FROM j').rows).toEqual([[stored]]);
    expect({ changes, patches, inverse }).toEqual({
      changes: 1,
      patches: [{ op: 'replace', path: ['__proto__'], value }],
      inverse: [{ op: 'replace', path: ['__proto__'], value: 'before' }],
    });
  });

  it('stays as it is where the recipe changes something else', () => {
    const db = withProto();
    edit(db, (draft) => void Object.assign(draft, { meta: null }), 1, 'j');
    expect(db.queryRaw('SELECT * FROM j').rows).toEqual([[1, 'before', null]]);
  });

  it('is refused with what it cannot hold', () => {
    const db = withProto();
    const refused = thrownBy(() => edit(db, (draft) => assign(draft, proto, {}), 1, 'j'));
    expect(refused).toMatchObject({ code: 'VALUE', column: '__proto__' });
  });

  it('is written inside of JSON', () => {
    const db = withProto();
    edit(
      db,
      ({ meta }) => {
        assign(meta.a, proto, { c: 1 });
        assign(meta, proto, 3);
      },
      1,
      'j',
    );
    expect(db.queryRaw('SELECT json(meta) FROM j').rows).toEqual([
      ['{"a":{"__proto__":{"c":1},"b":{}},"\\u005f_proto__":3}'],
    ]);
  });
});

describe('a recipe that misuses its draft', () => {
  const misuses: [string, Recipe<Any>][] = [
    ['defines a property', (draft) => void Object.defineProperty(draft, 'title', { value: 'x' })],
    ['sets a prototype', (draft) => void Object.setPrototypeOf(draft, null)],
    ['sets the prototype of JSON', (draft) => void Object.setPrototypeOf(draft.meta, {})],
    ['sets a member of JSON named __proto__ to an object', (draft) => assign(draft.meta, proto, {})],
  ];
  it.each(misuses)('is refused with an error of ours: it %s', (_, recipe) => {
    const db = withRows();
    const refused = thrownBy(() => edit(db, recipe));
    expect(refused).toMatchObject({ code: 'DRAFT', subcode: 'draft.misuse', table: 't' });
    expect(refused.cause).toBeInstanceOf(Error);
    expect(db.queryOne('SELECT title FROM t WHERE id = 1')).toEqual({ title: 'One' });
  });

  it('gets its own errors back as they are', () => {
    const db = withRows();
    const mine = new TypeError('of the recipe');
    const failing = (): unknown =>
      edit(db, () => {
        throw mine;
      });
    expect(failing).toThrow(mine);
  });
});

describe('a key with a collation of its own', () => {
  it('names the row that the key tells apart, not those that the column holds equal', () => {
    const db = opened();
    db.exec(`CREATE TABLE t(k TEXT COLLATE NOCASE, v, PRIMARY KEY(k COLLATE BINARY)) WITHOUT ROWID;
      INSERT INTO t VALUES ('a', 1), ('A', 2)`);
    expect(edit(db, (draft) => assign(draft, 'v', 3), 'A').changes).toBe(1);
    expect(db.queryRaw('SELECT * FROM t ORDER BY k COLLATE BINARY').rows).toEqual([
      ['A', 3],
      ['a', 1],
    ]);
  });
});

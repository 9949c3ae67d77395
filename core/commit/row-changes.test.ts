import type { Changeset, DatabaseSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { started, take } from '../../tests/support/events.ts';
import { opened } from '../../tests/support/opening.ts';
import { Replica } from '../../tests/support/replica.ts';

/** A database in which every commit is replayed onto a replica, and compared with the real tables. */
function replicated(script: string, recursive = false): { db: DatabaseSync; commits: Changeset[] } {
  const db = opened();
  db.exec(`PRAGMA recursive_triggers = ${recursive ? 'ON' : 'OFF'}`);
  db.exec(script);
  const tables = db
    .query<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .map(({ name }) => name);
  const replica = new Replica(db, tables);
  const commits: Changeset[] = [];
  db.subscribe((changeset) => {
    commits.push(changeset);
    replica.follow(changeset);
  });
  return { db, commits };
}

/** What one statement of this list did: every row change as `table operation key`. */
const told = ({ row_changes }: Changeset): string[] =>
  row_changes.map(({ table, operation, before, after }) => {
    const row = (image: object | null): string => (image ? Object.values(image).join(',') : '-');
    return `${table} ${operation} ${row(before)} -> ${row(after)}`;
  });

interface Scenario {
  readonly schema: string;
  readonly steps: readonly (readonly [sql: string, changes: readonly string[]])[];
}

const scenarios: Readonly<Record<string, Scenario>> = {
  'REPLACE by statement, with every row that it deletes': {
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b UNIQUE);
             INSERT INTO t VALUES (1, 'a1', 'b1'), (2, 'a2', 'b2'), (3, 'a3', 'b3'), (4, 'a4', 'b4');`,
    steps: [
      ["REPLACE INTO t VALUES (1, 'a9', 'b9')", ['t delete 1,a1,b1 -> -', 't insert - -> 1,a9,b9']],
      ["INSERT OR REPLACE INTO t VALUES (7, 'a9', 'b8')", ['t delete 1,a9,b9 -> -', 't insert - -> 7,a9,b8']],
      [
        "UPDATE OR REPLACE t SET a = 'a3' WHERE id = 4",
        ['t delete 3,a3,b3 -> -', 't update 4,a4,b4 -> 4,a3,b4'],
      ],
      [
        'UPDATE OR REPLACE t SET id = 2 WHERE id = 4',
        ['t delete 2,a2,b2 -> -', 't update 4,a3,b4 -> 2,a3,b4'],
      ],
      ["REPLACE INTO t VALUES (5, 'new', 'new')", ['t insert - -> 5,new,new']],
    ],
  },
  'REPLACE by the schema (ON CONFLICT REPLACE)': {
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a UNIQUE ON CONFLICT REPLACE);
             INSERT INTO t VALUES (1, 'a1'), (2, 'a2'), (3, 'a3');`,
    steps: [
      ["INSERT INTO t VALUES (1, 'x')", ['t delete 1,a1 -> -', 't insert - -> 1,x']],
      ["INSERT INTO t VALUES (9, 'a2')", ['t delete 2,a2 -> -', 't insert - -> 9,a2']],
      ["UPDATE t SET a = 'x' WHERE id = 3", ['t delete 1,x -> -', 't update 3,a3 -> 3,x']],
    ],
  },
  'REPLACE in a table without rowid': {
    schema: `CREATE TABLE t (k TEXT, l INTEGER, v UNIQUE, PRIMARY KEY (k, l)) WITHOUT ROWID;
             INSERT INTO t VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 1, 'z');`,
    steps: [
      ["REPLACE INTO t VALUES ('a', 1, 'w')", ['t delete a,1,x -> -', 't insert - -> a,1,w']],
      [
        "UPDATE OR REPLACE t SET v = 'z' WHERE k = 'a' AND l = 2",
        ['t delete b,1,z -> -', 't update a,2,y -> a,2,z'],
      ],
    ],
  },
  'REPLACE under a key that compares by a collation of its own': {
    schema: `CREATE TABLE t (k TEXT, l INTEGER, v UNIQUE, PRIMARY KEY (k COLLATE NOCASE, l)) WITHOUT ROWID;
             CREATE UNIQUE INDEX i ON t (k, v);
             INSERT INTO t VALUES ('a', 1, 'x'), ('A', 2, 'y'), ('b', 1, 'z');`,
    steps: [
      ["REPLACE INTO t VALUES ('A', 1, 'w')", ['t delete a,1,x -> -', 't insert - -> A,1,w']],
      ["REPLACE INTO t VALUES ('a', 3, 'y')", ['t delete A,2,y -> -', 't insert - -> a,3,y']],
      ["UPDATE OR REPLACE t SET k = 'B' WHERE k = 'b'", ['t update b,1,z -> B,1,z']],
      [
        "UPDATE OR REPLACE t SET k = 'B', l = 1 WHERE k = 'a'",
        ['t delete B,1,z -> -', 't update a,3,y -> B,1,y'],
      ],
    ],
  },
  'REPLACE that cascades into a table whose trigger writes': {
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY, v UNIQUE); CREATE TABLE log (c);
             CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
             CREATE TRIGGER d AFTER DELETE ON c BEGIN INSERT INTO log VALUES (OLD.id); END;
             CREATE TRIGGER u AFTER UPDATE ON c BEGIN INSERT INTO log VALUES (NEW.p); END;
             INSERT INTO p VALUES (1, 'x'), (2, 'y'); INSERT INTO c VALUES (10, 1), (20, 2);`,
    steps: [
      [
        "REPLACE INTO p VALUES (1, 'z')",
        ['p delete 1,x -> -', 'c delete 10,1 -> -', 'log insert - -> 10', 'p insert - -> 1,z'],
      ],
      [
        'UPDATE p SET id = 3 WHERE id = 2',
        ['p update 2,y -> 3,y', 'c update 20,2 -> 20,3', 'log insert - -> 3'],
      ],
      [
        "UPDATE OR REPLACE p SET v = 'y' WHERE id = 1",
        ['p delete 3,y -> -', 'c delete 20,3 -> -', 'log insert - -> 20', 'p update 1,z -> 1,y'],
      ],
    ],
  },
  'changes under BEFORE triggers that write to other tables': {
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE log (what, id); CREATE VIEW seen AS SELECT * FROM log;
             CREATE TRIGGER v INSTEAD OF INSERT ON seen BEGIN INSERT INTO log VALUES (NEW.what, NEW.id); END;
             CREATE TRIGGER i BEFORE INSERT ON t BEGIN INSERT INTO log VALUES ('i', NEW.v); END;
             CREATE TRIGGER u BEFORE UPDATE ON t BEGIN INSERT INTO seen VALUES ('u', OLD.id); END;
             CREATE TRIGGER d BEFORE DELETE ON t WHEN OLD.v = 9 BEGIN INSERT INTO log VALUES ('d', OLD.id); SELECT RAISE(IGNORE); END;`,
    steps: [
      ['INSERT INTO t VALUES (1, 5)', ['log insert - -> i,5', 't insert - -> 1,5']],
      ['UPDATE t SET v = 9', ['log insert - -> u,1', 't update 1,5 -> 1,9']],
      ['DELETE FROM t', ['log insert - -> d,1']],
      ['REPLACE INTO t VALUES (2, 6)', ['log insert - -> i,6', 't insert - -> 2,6']],
      ['REPLACE INTO t VALUES (2, 7)', ['log insert - -> i,7', 't delete 2,6 -> -', 't insert - -> 2,7']],
    ],
  },
  'REPLACE of a key that has a default, in a table without rowid': {
    schema: `CREATE TABLE t (k TEXT NOT NULL DEFAULT 'd' PRIMARY KEY, v) WITHOUT ROWID;`,
    steps: [["INSERT INTO t VALUES ('a', 1)", ['t insert - -> a,1']]],
  },
  'an upsert, as the insert or the update that it becomes': {
    schema:
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, n DEFAULT 0); INSERT INTO t VALUES (1, 'a', 0);",
    steps: [
      [
        "INSERT INTO t VALUES (2, 'a', 5) ON CONFLICT (a) DO UPDATE SET n = n + excluded.n",
        ['t update 1,a,0 -> 1,a,5'],
      ],
      ["INSERT INTO t VALUES (2, 'b', 5) ON CONFLICT (a) DO UPDATE SET n = 99", ['t insert - -> 2,b,5']],
      ["INSERT INTO t VALUES (3, 'b', 6), (4, 'c', 7) ON CONFLICT DO NOTHING", ['t insert - -> 4,c,7']],
      ["INSERT OR IGNORE INTO t VALUES (1, 'z', 1), (5, 'e', 8)", ['t insert - -> 5,e,8']],
      ["UPDATE OR IGNORE t SET a = 'b' WHERE id IN (2, 4)", ['t update 2,b,5 -> 2,b,5']],
    ],
  },
  'a cascade of deletes, updates and SET NULL': {
    schema: `CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
             CREATE TABLE g (id INTEGER PRIMARY KEY, c REFERENCES c ON DELETE CASCADE);
             CREATE TABLE n (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE SET NULL ON UPDATE SET DEFAULT);
             INSERT INTO p VALUES (1), (2); INSERT INTO c VALUES (10, 1), (11, 1), (12, 2);
             INSERT INTO g VALUES (100, 10), (101, 12); INSERT INTO n VALUES (7, 1), (8, 2);`,
    steps: [
      [
        'DELETE FROM p WHERE id = 1',
        [
          'c delete 10,1 -> -',
          'c delete 11,1 -> -',
          'g delete 100,10 -> -',
          'n update 7,1 -> 7,',
          'p delete 1 -> -',
        ],
      ],
      ['UPDATE p SET id = 3', ['c update 12,2 -> 12,3', 'n update 8,2 -> 8,', 'p update 2 -> 3']],
    ],
  },
  'a cascade within one table': {
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t ON DELETE CASCADE);
             INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2), (4, 3), (5, NULL), (6, 5);`,
    steps: [
      [
        'DELETE FROM t WHERE id = 1',
        ['t delete 1, -> -', 't delete 2,1 -> -', 't delete 3,2 -> -', 't delete 4,3 -> -'],
      ],
      ['REPLACE INTO t VALUES (5, NULL)', ['t delete 5, -> -', 't delete 6,5 -> -', 't insert - -> 5,']],
    ],
  },
  'triggers of the user, AFTER each kind of change and INSTEAD OF one of a view': {
    schema: `CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE log (what, id); CREATE TABLE total (n);
             INSERT INTO total VALUES (0);
             CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('i', NEW.id); UPDATE total SET n = n + 1; END;
             CREATE TRIGGER tu AFTER UPDATE ON t BEGIN INSERT INTO log VALUES ('u', OLD.id); END;
             CREATE TRIGGER td AFTER DELETE ON t BEGIN DELETE FROM log WHERE id = OLD.id; END;
             CREATE VIEW vw AS SELECT id FROM t;
             CREATE TRIGGER tv INSTEAD OF INSERT ON vw BEGIN INSERT INTO t VALUES (NEW.id, 'by view'); END;`,
    steps: [
      ["INSERT INTO t VALUES (1, 'a')", ['log insert - -> i,1', 't insert - -> 1,a', 'total update 0 -> 1']],
      ["UPDATE t SET v = 'b'", ['log insert - -> u,1', 't update 1,a -> 1,b']],
      [
        'INSERT INTO vw VALUES (2)',
        ['log insert - -> i,2', 't insert - -> 2,by view', 'total update 1 -> 2'],
      ],
      ['DELETE FROM t WHERE id = 1', ['log delete i,1 -> -', 'log delete u,1 -> -', 't delete 1,b -> -']],
    ],
  },
};

describe('row changes list', () => {
  for (const recursive of [false, true]) {
    test.for(Object.entries(scenarios))(`%s; recursive_triggers ${recursive ? 'on' : 'off'}`, ([
      ,
      { schema, steps },
    ]) => {
      const { db, commits } = replicated(schema, recursive);
      for (const [sql, changes] of steps) {
        db.execute(sql);
        const changeset = commits.at(-1) as Changeset;
        expect(changeset.wide, sql).toBe(false);
        // The order among the tables of one statement is SQLite's; each change is told once.
        expect(told(changeset).sort(), sql).toEqual([...changes].sort());
        expect(changeset.tables).toEqual([...new Set(changes.map((change) => change.split(' ')[0]))].sort());
      }
      expect(commits.length).toBe(steps.length);
    });
  }

  test('the deletes of a REPLACE before its insert', () => {
    const { db, commits } = replicated(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    );
    db.execute("REPLACE INTO t VALUES (1, 'b')");
    expect(
      told(commits[0] as Changeset)
        .slice(0, 2)
        .sort(),
    ).toEqual(['t delete 1,a -> -', 't delete 2,b -> -']);
    expect(told(commits[0] as Changeset).at(-1)).toBe('t insert - -> 1,b');
  });

  test('statements in order, without folding those of one row into one', () => {
    const { db, commits } = replicated('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    db.transaction(() => {
      db.execute('INSERT INTO t VALUES (1, 1)');
      db.execute('UPDATE t SET v = 2');
      db.execute('UPDATE t SET id = 9');
      db.execute('DELETE FROM t');
      db.execute('INSERT INTO t VALUES (1, 3)');
    });
    expect(told(commits[0] as Changeset)).toEqual([
      't insert - -> 1,1',
      't update 1,1 -> 1,2',
      't update 1,2 -> 9,2',
      't delete 9,2 -> -',
      't insert - -> 1,3',
    ]);
  });

  test.for<[what: string, schema: string, statements: readonly string[]]>([
    [
      'in a table whose cascades of updates come back to it, even to the same row',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, parent REFERENCES t ON DELETE CASCADE ON UPDATE CASCADE);
       INSERT INTO t VALUES (1, 1), (2, 1), (3, 2), (4, NULL), (5, 4);`,
      [
        'UPDATE t SET id = 10 WHERE id = 1',
        'UPDATE t SET id = id + 100',
        'DELETE FROM t WHERE id = 104',
        'DELETE FROM t WHERE id = 110',
      ],
    ],
    [
      'with collations, affinities and NULLs in unique keys',
      `CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE, b INTEGER UNIQUE, c UNIQUE);
       INSERT INTO t VALUES ('a', 1, NULL), ('B', 2, NULL), (NULL, 3, 'x');`,
      [
        "REPLACE INTO t VALUES ('A', 5, NULL)",
        "REPLACE INTO t VALUES ('c', '2', NULL)",
        "REPLACE INTO t VALUES (NULL, 3.0, 'y')",
        "UPDATE OR REPLACE t SET a = 'C'",
      ],
    ],
    [
      'with unique indexes that are partial or on expressions',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a, b); CREATE UNIQUE INDEX i ON t (a) WHERE b > 0; CREATE UNIQUE INDEX j ON t (lower(a), b);
       INSERT INTO t VALUES (1, 'x', 1), (2, 'x', 0), (3, 'X', -1);`,
      [
        "REPLACE INTO t VALUES (4, 'x', 2)",
        "REPLACE INTO t VALUES (5, 'X', 0)",
        "INSERT OR REPLACE INTO t VALUES (5, 'y', 9) ON CONFLICT (id) DO UPDATE SET a = 'q', b = 9",
        'UPDATE OR REPLACE t SET b = 5 WHERE id = 3',
      ],
    ],
    [
      'with generated columns',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, a, b AS (a * 2), c AS (a + 1) STORED UNIQUE);
       INSERT INTO t (a) VALUES (1), (2), (3);`,
      ['REPLACE INTO t (id, a) VALUES (9, 2)', 'UPDATE OR REPLACE t SET a = 3 WHERE id = 1', 'DELETE FROM t'],
    ],
    [
      'in a table without a primary key, whose rowids move',
      'CREATE TABLE t (v); INSERT INTO t VALUES (1), (1), (2), (NULL), (NULL);',
      [
        'UPDATE t SET rowid = rowid + 10 WHERE v = 1',
        'DELETE FROM t WHERE rowid = 11',
        'REPLACE INTO t (rowid, v) VALUES (12, 7)',
        'UPDATE OR REPLACE t SET rowid = 3 WHERE v = 7',
        'DELETE FROM t WHERE v IS NULL',
      ],
    ],
    [
      'where the schema says REPLACE, and a rowid or an upsert meets it',
      `CREATE TABLE t (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, v UNIQUE ON CONFLICT REPLACE);
       INSERT INTO t VALUES (2, 1), (9, 3), (10, 4), (11, 5);`,
      [
        'UPDATE t SET rowid = rowid + 7 WHERE v = 1',
        'INSERT INTO t VALUES (10, 6) ON CONFLICT (id) DO UPDATE SET v = 8',
        'UPDATE OR ABORT t SET rowid = 20 WHERE id = 9',
      ],
    ],
    [
      'of many rows that pass each other',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4);',
      [
        'UPDATE OR REPLACE t SET id = id + 1',
        'UPDATE t SET id = -id',
        'INSERT INTO t VALUES (-7, 7), (-8, 8), (-9, 9)',
        'UPDATE OR REPLACE t SET id = -id + 1',
        'INSERT OR REPLACE INTO t SELECT id + 1, v * 10 FROM t',
        'UPDATE t SET v = s.v FROM t AS s WHERE s.id = t.id - 1',
      ],
    ],
    [
      'under BEFORE triggers that change the same row, or forbid the change',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v, n DEFAULT 0); INSERT INTO t VALUES (1, 1, 0), (2, 2, 0);
       CREATE TRIGGER b BEFORE UPDATE OF v ON t BEGIN UPDATE t SET n = n + 1 WHERE id = OLD.id; END;
       CREATE TRIGGER f BEFORE DELETE ON t WHEN OLD.id = 1 BEGIN SELECT RAISE(IGNORE); END;`,
      ['UPDATE t SET v = v + 1', 'DELETE FROM t'],
    ],
    [
      'under triggers that write the table again, and through other tables back to it',
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (id INTEGER PRIMARY KEY, v);
       CREATE TRIGGER a AFTER INSERT ON t WHEN NEW.id < 4 BEGIN REPLACE INTO u VALUES (NEW.id % 2, NEW.v); INSERT OR IGNORE INTO t VALUES (NEW.id + 1, NEW.v); END;
       CREATE TRIGGER b AFTER INSERT ON u BEGIN UPDATE t SET v = v + 1 WHERE id = NEW.id; END;
       CREATE TRIGGER c AFTER UPDATE ON t WHEN NEW.v > 100 BEGIN DELETE FROM t WHERE id = NEW.id; END;`,
      [
        'INSERT INTO t VALUES (1, 1)',
        'REPLACE INTO t VALUES (2, 5), (3, 9)',
        'UPDATE t SET v = 101 WHERE id = 1',
        'INSERT INTO u VALUES (7, 7)',
      ],
    ],
    [
      'where a REPLACE cascades to triggers that write the table itself',
      `CREATE TABLE p (id INTEGER PRIMARY KEY, n DEFAULT 0);
       CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
       CREATE TABLE log (c); CREATE TRIGGER d AFTER DELETE ON c BEGIN INSERT INTO log VALUES (OLD.id); END;
       CREATE TRIGGER l AFTER INSERT ON log BEGIN INSERT OR IGNORE INTO p VALUES (NEW.c + 100, 1); END;
       CREATE TRIGGER u AFTER UPDATE ON c BEGIN UPDATE p SET n = n + 1; END;
       INSERT INTO p (id) VALUES (1), (2); INSERT INTO c VALUES (1, 1), (20, 2);`,
      ['REPLACE INTO p VALUES (1, 5)', 'UPDATE p SET id = 3 WHERE id = 2', 'DELETE FROM p WHERE id = 3'],
    ],
    ...['TEXT', ''].flatMap((type): [string, string, string[]][] =>
      ['CASCADE', 'SET NULL', 'NO ACTION'].map((action) => [
        `to ${type ? 'a TEXT' : 'an untyped'} key that numbers refer to, with ${action}`,
        `CREATE TABLE p (id ${type} PRIMARY KEY, v) WITHOUT ROWID; CREATE TABLE q (n INTEGER PRIMARY KEY, id ${type} UNIQUE);
         CREATE TABLE c (k INTEGER PRIMARY KEY, p INT REFERENCES p ON DELETE ${action} ON UPDATE ${action} DEFERRABLE INITIALLY DEFERRED, q NUMERIC REFERENCES q (id));
         CREATE INDEX cp ON c (p); CREATE INDEX cq ON c (q);
         INSERT INTO p VALUES ('1', 1), ('2.0', 1); INSERT INTO q VALUES (1, '1'), (2, '02');`,
        [
          "UPDATE p SET id = '5' WHERE id = '1'",
          "UPDATE q SET id = '7.0' WHERE id = '02'",
          'REPLACE INTO q VALUES (2, 8)',
          "DELETE FROM p WHERE id = '2.0'",
          'DELETE FROM q',
          'DELETE FROM p',
        ],
      ]),
    ),
    ...['STRICT', `CHECK (id <> 0)`].map((kind): [string, string, string[]] => [
      `when an INSTEAD OF trigger replaces rows of a ${kind === 'STRICT' ? 'STRICT' : 'very wide'} table`,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT UNIQUE${
        kind === 'STRICT' ? ') STRICT' : `, ${Array.from({ length: 130 }, (_, at) => `c${at}`)})`
      }; CREATE VIEW v AS SELECT id, k FROM t;
       CREATE TRIGGER i INSTEAD OF INSERT ON v BEGIN INSERT OR REPLACE INTO t (id, k) VALUES (NEW.id, NEW.k); END;
       CREATE TRIGGER u INSTEAD OF UPDATE ON v BEGIN UPDATE OR REPLACE t SET k = NEW.k WHERE id = OLD.id; END;
       INSERT INTO t (id, k) VALUES (1, 'a'), (2, 'b'), (3, 'c');`,
      ["INSERT INTO v VALUES (4, 'a')", "UPDATE v SET k = 'c' WHERE id = 2", "INSERT INTO v VALUES (2, 'd')"],
    ]),
    [
      'under a TEMP trigger of the user',
      'CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TEMP TRIGGER a AFTER INSERT ON main.t BEGIN UPDATE t SET v = v + 1 WHERE id = NEW.id; END;',
      ['INSERT INTO t VALUES (1, 1)', 'REPLACE INTO t VALUES (1, 5)', 'DELETE FROM t'],
    ],
  ])('what really happened %s', ([, schema, statements]) => {
    for (const recursive of [false, true]) {
      const { db, commits } = replicated(schema, recursive);
      for (const sql of statements) {
        const before = commits.length;
        db.execute(sql);
        expect(commits.length, sql).toBe(before + 1);
      }
    }
  });

  test('the same for a batch, RETURNING, a prepared statement and a script', () => {
    const { db, commits } = replicated('CREATE TABLE t (id INTEGER PRIMARY KEY, v)');
    db.executeBatch('INSERT INTO t VALUES (?, ?)', [
      [1, 1],
      [2, 2],
    ]);
    expect(db.query('UPDATE t SET v = v + 1 RETURNING id, v')).toEqual([
      { id: 1, v: 2 },
      { id: 2, v: 3 },
    ]);
    db.prepare('DELETE FROM t WHERE id = ?').execute([1]);
    db.exec("INSERT INTO t VALUES (5, 'x'); BEGIN; DELETE FROM t WHERE id = 5; DELETE FROM t; COMMIT;");
    expect([...db.iterate('INSERT INTO t VALUES (6, 6) RETURNING id')]).toEqual([{ id: 6 }]);
    expect(commits.map(told)).toEqual([
      ['t insert - -> 1,1', 't insert - -> 2,2'],
      ['t update 1,1 -> 1,2', 't update 2,2 -> 2,3'],
      ['t delete 1,2 -> -'],
      ['t insert - -> 5,x'],
      ['t delete 5,x -> -', 't delete 2,3 -> -'],
      ['t insert - -> 6,6'],
    ]);
  });
});

describe('trigger and cascade effects reach watches of the affected tables', () => {
  test('of a table that only a trigger wrote', async () => {
    const db = opened();
    db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE log (id); CREATE TABLE other (id);
             CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.id); END;`);
    const [log, other] = [await started(db.watchTable('log')), await started(db.watchTable('other'))];
    db.execute('INSERT INTO t VALUES (1)');
    expect(await take(log, 'invalidate')).toMatchObject({
      tables: ['log', 't'],
      row_changes: [{ table: 'log', after: { id: 1 } }],
    });
    expect(await other.next()).toBeNull();
  });

  test('of a table that only a foreign-key action changed, however deep', async () => {
    const db = opened();
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY);
             CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
             CREATE TABLE g (id INTEGER PRIMARY KEY, c REFERENCES c ON DELETE SET NULL);
             INSERT INTO p VALUES (1); INSERT INTO c VALUES (2, 1); INSERT INTO g VALUES (3, 2);`);
    const watch = await started(db.watchTable('g'));
    db.execute('DELETE FROM p');
    expect(await take(watch, 'invalidate')).toMatchObject({
      tables: ['c', 'g', 'p'],
      row_changes: [{ table: 'g', before: { id: 3, c: 2 }, after: { id: 3, c: null } }],
    });
  });

  test('of a table whose cascade a REPLACE or a trigger set off', async () => {
    const db = opened();
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY, v); CREATE TABLE go (id);
             CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE);
             CREATE TRIGGER a AFTER INSERT ON go BEGIN REPLACE INTO p VALUES (NEW.id, 'again'); END;
             INSERT INTO p VALUES (1, 'x'), (2, 'x'); INSERT INTO c VALUES (10, 1), (20, 2);`);
    const watch = await started(db.watchTable('c'));
    db.execute("REPLACE INTO p VALUES (1, 'y')");
    db.execute('INSERT INTO go VALUES (2)');
    const deleted = [await take(watch, 'invalidate'), await take(watch, 'invalidate')].map(
      ({ row_changes }) => row_changes.map(({ operation, before }) => [operation, before?.id]),
    );
    expect(deleted).toEqual([[['delete', 10]], [['delete', 20]]]);
  });
});

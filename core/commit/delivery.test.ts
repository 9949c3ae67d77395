import type { ChangeEvent, Changeset, DatabaseSync } from 'freshet';
import { describe, expect, test } from 'vitest';
import { drain, started } from '../../tests/support/events.ts';
import { bare, fileWith, opened } from '../../tests/support/opening.ts';

const schema = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, v);
  INSERT INTO t VALUES (1, 'a'), (2, 'b');
`;
const insert = (db: Pick<DatabaseSync, 'execute'>, id: number, v: string): unknown =>
  db.execute('INSERT INTO t VALUES (?, ?)', [id, v]);

describe('delivery', () => {
  test('happens after the commit is readable, with no lock held, before the committing call returns', () => {
    const path = fileWith(schema);
    const db = opened(path);
    const program = bare(path);
    const seen: unknown[] = [];
    db.subscribe(({ row_changes }) => {
      const id = row_changes[0]?.primary_key.id ?? null;
      seen.push([db.inTransaction, program.prepare('SELECT v FROM t WHERE id = ?').get(id)]);
      // Would be busy if the writer still held its lock.
      program.exec('BEGIN IMMEDIATE; ROLLBACK');
    });
    insert(db, 10, 'x');
    expect(seen).toEqual([[false, { v: 'x' }]]);
    db.transaction(() => insert(db, 11, 'y'));
    expect(seen).toEqual([
      [false, { v: 'x' }],
      [false, { v: 'y' }],
    ]);
  });

  test('of a subscriber’s own write comes next, not nested, and before the outermost call returns', () => {
    const db = opened();
    db.exec(schema);
    const log: string[] = [];
    const follow = (name: string, write?: (id: number) => void): void => {
      db.subscribe(({ row_changes }) => {
        const id = row_changes[0]?.primary_key.id as number;
        log.push(`${name} enter ${id}`);
        write?.(id);
        log.push(`${name} leave ${id}`);
      });
    };
    follow('first', (id) => {
      if (id < 12) insert(db, id + 1, `v${id + 1}`);
    });
    follow('second', (id) => {
      if (id === 10) db.transaction(() => insert(db, 20, 'v20'));
    });
    insert(db, 10, 'v10');
    const expected = [10, 11, 20, 12, 21].flatMap((id) =>
      id > 20 ? [] : ['first', 'second'].flatMap((name) => [`${name} enter ${id}`, `${name} leave ${id}`]),
    );
    expect(log).toEqual(expected);
  });

  test('reaches watches in the order of the commits, also of those made by listeners', async () => {
    const db = opened();
    db.exec(schema);
    const stream = await started(db.changeStream());
    const lsns: number[] = [];
    db.subscribe(({ commit_lsn, row_changes }) => {
      lsns.push(commit_lsn);
      const id = row_changes[0]?.primary_key.id as number;
      if (id < 15) insert(db, id + 1, `v${id}`);
    });
    insert(db, 10, 'x');
    const events = (await drain(stream)) as ChangeEvent[];
    expect(events.map(({ row_changes }) => row_changes[0]?.primary_key.id)).toEqual([10, 11, 12, 13, 14, 15]);
    expect(events.map(({ commit_lsn }) => commit_lsn)).toEqual(lsns);
    expect(lsns).toEqual([...new Set(lsns)].sort((a, b) => a - b));
  });

  test('to a reader of a watch, which may write without deadlock', async () => {
    const db = opened();
    db.exec(schema);
    const watch = db.watchTable('t');
    const seen: unknown[] = [];
    for await (const event of watch) {
      if (event.type === 'initial') insert(db, 10, 'x');
      if (event.type !== 'invalidate') continue;
      const id = event.row_changes[0]?.primary_key.id as number;
      seen.push(id);
      if (id === 14) break;
      insert(db, id + 1, `v${id}`);
    }
    expect(seen).toEqual([10, 11, 12, 13, 14]);
  });

  test('of a listener that writes another database, whose listener writes back, is in order and ends', () => {
    const [one, other] = [opened(), opened()];
    for (const db of [one, other]) db.exec(schema);
    const log: string[] = [];
    for (const [name, db, next] of [
      ['one', one, other],
      ['other', other, one],
    ] as const) {
      db.subscribe(({ row_changes }) => {
        const id = row_changes[0]?.primary_key.id as number;
        log.push(`${name} ${id}`);
        if (id < 14) insert(next, id + 1, `v${id + 1}`);
      });
    }
    insert(one, 10, 'x');
    expect(log).toEqual(['one 10', 'other 11', 'one 12', 'other 13', 'one 14']);
  });

  test('tells a listener nothing that was committed before it came, or after it went', () => {
    const db = opened();
    db.exec(schema);
    const seen: string[] = [];
    insert(db, 10, 'x');
    const leave = db.subscribe(({ row_changes }) => {
      seen.push(`a ${row_changes[0]?.primary_key.id}`);
      if (seen.length > 1) return;
      db.subscribe((later) => seen.push(`b ${later.row_changes[0]?.primary_key.id}`));
      insert(db, 12, 'z');
      leave();
    });
    insert(db, 11, 'y');
    insert(db, 13, 'w');
    expect(seen).toEqual(['a 11', 'b 12', 'b 13']);
  });

  test('of a transaction that had begun before its listener came is not lost', () => {
    const db = opened();
    db.exec(schema);
    const seen: Changeset[] = [];
    const tx = db.begin();
    insert(tx, 10, 'x');
    db.subscribe((changeset) => seen.push(changeset));
    tx.commit();
    expect(seen.map(({ tables }) => tables.includes('t'))).toEqual([true]);
  });

  test('a changeset says what it holds, and can’t be changed', () => {
    const db = opened();
    db.exec(schema);
    let changeset: Changeset | undefined;
    db.subscribe((one) => {
      changeset = one;
    });
    insert(db, 10, 'x');
    expect({ ...pick(changeset as Changeset) }).toStrictEqual({
      commit_lsn: expect.any(Number),
      source: 'direct',
      schema_cookie: db.queryRaw('PRAGMA schema_version').rows[0]?.[0],
      schema_changed: false,
      tables: ['t'],
      row_changes: [
        {
          table: 't',
          operation: 'insert',
          primary_key: { id: 10 },
          before: null,
          after: { id: 10, v: 'x' },
          detail: 'full_row',
        },
      ],
      wide: false,
      wide_tables: [],
    });
    const [change] = changeset?.row_changes ?? [];
    for (const part of [
      changeset?.tables,
      changeset?.row_changes,
      change,
      change?.after,
      change?.primary_key,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  const pick = ({
    commit_lsn,
    source,
    schema_cookie,
    schema_changed,
    tables,
    row_changes,
    wide,
    wide_tables,
  }: Changeset): Changeset => ({
    commit_lsn,
    source,
    schema_cookie,
    schema_changed,
    tables,
    row_changes,
    wide,
    wide_tables,
  });
});

import { describe, expect, test } from 'vitest';
import { bare, fileWith } from '../support/opening.ts';
import { Program } from '../support/program.ts';

const schema = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE TABLE u (v);';
const rowsOf = (path: string): unknown => bare(path).prepare('SELECT * FROM t').all();

describe('a process exits by itself', () => {
  test('with watches, listeners and live queries open that nobody waits for', async () => {
    for (const journal of ['wal', 'delete'] as const) {
      const path = fileWith(schema, journal);
      const { code, lines, stderr } = await new Program('leave everything open', path).ended();
      expect([code, stderr]).toEqual([0, '']);
      expect(lines).toEqual(['rows 0', 'listener', 'rows 1', 'end of program']);
      expect(rowsOf(path)).toEqual([{ id: 1, v: 1 }]);
    }
  });

  test('after closing a database to which everything is still subscribed', async () => {
    const path = fileWith(schema);
    const { code, lines, stderr } = await new Program('close with everything subscribed', path).ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(lines.toSorted()).toEqual([
      'changes complete',
      'closed',
      'rows complete',
      'stream complete',
      'watch CLOSED',
    ]);
  });

  test('while another program has the file locked, and a live query waits for its answer', async () => {
    const { code, lines } = await new Program(
      'subscribe while the file is locked',
      fileWith(schema, 'delete'),
    ).ended();
    expect(code).toBe(0);
    expect(lines).toEqual(['end of program']);
  });

  test('inside a listener, with the commit that it was told of', async () => {
    const path = fileWith(schema);
    const { code, lines } = await new Program('exit in a listener', path).ended();
    expect([code, lines]).toEqual([7, []]);
    expect(rowsOf(path)).toEqual([{ id: 1, v: 1 }]);
  });
});

describe('a process stays alive', () => {
  test.for<[program: string, ready: string, last: string]>([
    ['wait for an event', 'waiting', 'got invalidate'],
    ['wait in a loop', 'got initial', 'left'],
    ['wait for watchEvents', 'got initial', 'got invalidate'],
  ])('as long as a reader waits, and no longer: %s', async ([name, ready, last]) => {
    const path = fileWith(schema);
    const program = new Program(name, path);
    await program.said(ready);
    bare(path).exec('INSERT INTO t VALUES (1, 1)');
    const { code, lines } = await program.ended();
    expect([code, lines.at(-1)]).toEqual([0, last]);
  });
});

describe('an error nobody takes', () => {
  test('of a listener is reported as uncaught: after the commit, and after everybody was told', async () => {
    const path = fileWith(schema);
    const { code, lines, stderr } = await new Program('throw in a listener', path).ended();
    expect(code).not.toBe(0);
    expect(stderr).toContain('a listener failed');
    expect(lines).toEqual(['told t', 'changes 1', 'rows 1']);
    expect(rowsOf(path)).toEqual([{ id: 1, v: 1 }]);
  });

  test('of a listener goes to an uncaughtException handler, and the process goes on', async () => {
    const { code, lines } = await new Program('throw in a listener', fileWith(schema), 'handled').ended();
    expect([code, lines]).toEqual([0, ['told t', 'changes 1', 'rows 1', 'uncaught a listener failed']]);
  });

  test('of onError itself reaches neither the committing call nor the other listeners', async () => {
    const { code, lines } = await new Program('throw in onError', fileWith(schema)).ended();
    expect(code).toBe(0);
    expect(lines.filter((line) => !line.startsWith('uncaught'))).toEqual([
      'told t',
      'changes 1',
      'told t',
      'changes 1',
    ]);
    expect(lines).toContain('uncaught onError failed');
  });

  test('of a live subscriber is reported as uncaught, and the others are told', async () => {
    const { code, lines } = await new Program('throw in a live subscriber', fileWith(schema)).ended();
    expect(code).toBe(0);
    expect(lines.filter((line) => !line.startsWith('uncaught'))).toEqual([
      'told 0',
      'told 1',
      'changes 1',
      'told 2',
      'changes 1',
    ]);
    expect(lines.filter((line) => line === 'uncaught a subscriber failed').length).toBe(2);
  });
});

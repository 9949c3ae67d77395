import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  DatabaseError,
  DataError,
  type ErrorCode,
  FreshetError,
  IntegrityError,
  InterfaceError,
  InternalError,
  NotSupportedError,
  OperationalError,
  ProgrammingError,
} from 'freshet';
import { describe, expect, it } from 'vitest';
import { documentedCodes } from '../tests/support/thrown.ts';

/** PEP 249's tree: each class with the one it stands under. `Error` itself is PEP 249's `Exception`. */
const tree = [
  ['FreshetError', FreshetError, Error],
  ['InterfaceError', InterfaceError, FreshetError],
  ['DatabaseError', DatabaseError, FreshetError],
  ['DataError', DataError, DatabaseError],
  ['OperationalError', OperationalError, DatabaseError],
  ['IntegrityError', IntegrityError, DatabaseError],
  ['InternalError', InternalError, DatabaseError],
  ['ProgrammingError', ProgrammingError, DatabaseError],
  ['NotSupportedError', NotSupportedError, DatabaseError],
] as const;

/** A class and all that it stands under. */
function lineOf(name: string): string[] {
  const found = tree.find(([own]) => own === name);
  return found ? [name, ...lineOf(found[2].name)] : [];
}

/** The sources of core, without their tests. */
const sources = readdirSync(fileURLToPath(new URL('.', import.meta.url)), {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8'));

function inSources(pattern: RegExp): Set<string> {
  return new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, found = '']) => found)));
}

describe('the error classes', () => {
  it.each(tree)('%s is what PEP 249 has it be, and nothing else', (name, Class, Parent) => {
    const error = new Class('It failed: because.', { code: 'INTERNAL' });
    expect(Object.getPrototypeOf(Class)).toBe(Parent);
    expect(error.name).toBe(name);
    expect(String(error)).toBe(`${name}: It failed: because.`);
    expect(error.stack).toContain('errors.test.ts');
    const above = new Set(lineOf(name));
    for (const [other, Other] of tree) {
      expect(error instanceof Other, `${name} instanceof ${other}`).toBe(above.has(other));
    }
  });

  it('form the whole hierarchy: a root, two branches, and six leaves under DatabaseError', () => {
    const parents = tree.map(([, , Parent]) => Parent.name);
    expect(parents.filter((name) => name === 'FreshetError')).toHaveLength(2);
    expect(parents.filter((name) => name === 'DatabaseError')).toHaveLength(6);
  });

  it('carry code, subcode, sqlstate, table, column, retryable, permanent and the cause', () => {
    const cause = new Error('underneath');
    const error = new IntegrityError('It failed: because.', {
      code: 'CONSTRAINT',
      subcode: 'constraint.unique',
      sqlstate: '23505',
      table: 'people',
      column: 'email',
      cause,
    });
    expect(error).toMatchObject({
      code: 'CONSTRAINT',
      subcode: 'constraint.unique',
      sqlstate: '23505',
      table: 'people',
      column: 'email',
      retryable: false,
      permanent: true,
    });
    expect(error.cause).toBe(cause);
  });

  it('leave out what is unknown, and take the code in lower case for a subcode', () => {
    const error = new OperationalError('It failed: because.', { code: 'BUSY', retryable: true });
    expect(error).toMatchObject({ subcode: 'busy', retryable: true, permanent: false });
    for (const key of ['sqlstate', 'table', 'column', 'cause']) expect(key in error).toBe(false);
    expect(error.diagnostic).toEqual({
      version: 1,
      code: 'BUSY',
      subcode: 'busy',
      retryable: true,
      permanent: false,
    });
  });

  it('keep message and cause out of what JSON shows of them', () => {
    const error = new DataError('secret message', { code: 'VALUE', cause: new Error('secret cause') });
    expect(JSON.stringify([error, error.diagnostic])).not.toContain('secret');
  });
});

describe('docs/errors.md', () => {
  it('lists every code that ErrorCode has, and no other', () => {
    const [union = ''] = /type ErrorCode =[^;]*;/.exec(sources.join('\n')) ?? [];
    const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code as ErrorCode);
    expect(codes.length).toBeGreaterThan(15);
    expect([...documentedCodes.keys()].sort()).toEqual(codes.sort());
  });

  it('lists every subcode that the sources raise', () => {
    // The page's text explains this one: the only subcode of another class than its code.
    const known = new Set(['sql.schema_changed']);
    for (const { subcodes } of documentedCodes.values()) for (const subcode of subcodes) known.add(subcode);
    const families = new Set([...known].map((subcode) => subcode.split('.')[0]));
    const dotted = [...inSources(/'([a-z]+\.[a-z_]+)'/g)];
    const raised = dotted.filter((text) => families.has(text.split('.')[0]));
    expect(raised.length).toBeGreaterThan(40);
    const undocumented = [...raised, ...inSources(/subcode: '([^']+)'/g)].filter((one) => !known.has(one));
    expect([...new Set(undocumented)]).toEqual([]);
  });

  it('lists only classes that exist', () => {
    const names: string[] = tree.map(([name]) => name);
    const listed = [...documentedCodes.values()].flatMap(({ classes }) => classes);
    expect(listed.filter((name) => !names.includes(name))).toEqual([]);
  });
});

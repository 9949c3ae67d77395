import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProgrammingError } from '../errors.ts';
import { folderOf, nameOf } from './file-name.ts';

test('names that files were stored under before keep their folders', () => {
  for (const [location, name, folder] of [
    ['app.db', 'app.db', 'app.db'],
    ['/app.db', 'app.db', 'app.db'],
    ['./app.db', 'app.db', 'app.db'],
    ['a/b.db', 'a/b.db', 'a%2Fb.db'],
    ['a//b.db', 'a//b.db', 'a%2F%2Fb.db'],
    ['my notes.db', 'my%20notes.db', 'my%2520notes.db'],
    ['zürich.db', 'z%C3%BCrich.db', 'z%25C3%25BCrich.db'],
    ['a/b:c', 'a/b:c', 'a%2Fb%3Ac'],
    ['=x&y', '=x&y', '%3Dx%26y'],
  ] as const) {
    expect([location, nameOf(location), folderOf(nameOf(location))]).toEqual([location, name, folder]);
  }
});

test('names that a URL would make one are different files', () => {
  for (const group of [
    ['user:142.db', 'user:242.db', '42.db', 'alice:notes', 'bob__:notes', 'notes'],
    ['notes#1.db', 'notes#2.db', 'notes?1.db', 'notes', 'notes?', 'notes#'],
    ['http://a/d.db', 'http://b/d.db', '//a/d.db', 'd.db'],
    ['a b', 'a%20b', 'a%2520b', ' a b', 'a b '],
    ['C|/x', 'C:/x', 'x'],
    ['%2e%2e/a', 'a', '%61'],
    [' a', '= a', '=%20a', '#%20a', '#a'],
  ]) {
    const names = group.map(nameOf);
    expect(new Set(names).size, group.join(' ')).toBe(group.length);
    expect(new Set(names.map(folderOf)).size, group.join(' ')).toBe(group.length);
  }
});

test('what is no name of one file is refused', () => {
  const none = [
    '/',
    '.',
    '..',
    './',
    'a/',
    '../a',
    'a/../b',
    'a/.',
    'a\\b',
    'a\tb',
    'a\nb',
    '\u0000',
    'a\u007f',
    '\ud800',
    '',
  ];
  for (const location of [...none, 'x'.repeat(500), 'ä'.repeat(100)]) {
    expect(() => nameOf(location), JSON.stringify(location)).toThrow(ProgrammingError);
  }
});

test('no two texts share a name or a folder', () => {
  const piece = fc.constantFrom(
    ...'aA1.:/#?%= |^&+~\'"<>{}`;@é\u00e9e\u0301',
    '%20',
    '%41',
    '//',
    './',
    'C|',
  );
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
  /** The spellings that a path has in a folder that everything stands in. */
  const spelling = (location: string) => location.replace(/^\/(?!\/)/, '').replace(/(^|\/)(?:\.\/)+/g, '$1');
  const named = (location: string): string | null => {
    try {
      return nameOf(location);
    } catch {
      return null;
    }
  };
  fc.assert(
    fc.property(text, text, (a, b) => {
      const [one, other] = [named(a), named(b)];
      if (one === null || other === null || spelling(a) === spelling(b)) return;
      expect(one).not.toBe(other);
      expect(folderOf(one)).not.toBe(folderOf(other));
    }),
    { numRuns: 20_000 },
  );
});

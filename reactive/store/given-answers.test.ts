import fc from 'fast-check';
import { openSync, type Row } from 'freshet';
import { createSnapshot, type QuerySnapshot, QueryStore, rowsQuery } from 'freshet/reactive';
import { expect, it } from 'vitest';
import { encodeAnswer, givenAnswers, givenKey } from './given-answers.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.string(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array(),
);

it('gives every value back that JSON was made of', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: value, __proto: value, ['__proto__']: value }) as fc.Arbitrary<Row>),
      (rows) => {
        const own = rows.map((row) => Object.fromEntries(Object.entries(row)));
        const sent: QuerySnapshot = { version: 1, answers: { [givenKey('q', [1])]: encodeAnswer(own) } };
        const { rows: read } = givenAnswers(JSON.parse(JSON.stringify(sent)) as QuerySnapshot);
        expect(read('q', [1])).toStrictEqual(own);
        expect(read('q', ['1'])).toBeUndefined();
        expect(read('other', [1])).toBeUndefined();
      },
    ),
  );
});

it('asks a database in this thread as it is read, and others when it is loaded', async () => {
  using db = openSync(':memory:');
  const snapshot = createSnapshot(db);
  const store = new QueryStore(db, { snapshot });
  const query = rowsQuery<{ n: number }>('SELECT ? AS n', [7]);
  expect(store.readGiven(query)).toMatchObject({ status: 'ready', value: [{ n: 7 }] });
  expect(store.readGiven(query)).toBe(store.readGiven(query));
  expect(await snapshot.load()).toBe(false);
  expect(store.size).toBe(0);
});

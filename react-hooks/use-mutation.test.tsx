// @vitest-environment jsdom
import { act } from '@testing-library/react';
import type { Database, ExecuteResult, Params } from 'freshet';
import { type Mutation, type TransactionRunner, useMutation, useTransaction } from 'freshet/react-hooks';
import { StrictMode } from 'react';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type AnyDatabase, checkEachTest, kinds, rendered, renderWith } from '../tests/support/react.tsx';

checkEachTest();

const titleOf = (db: AnyDatabase, id: number) => db.queryOne('SELECT title FROM tasks WHERE id = ?', [id]);

/** What a component will put its mutation into. */
const unused = <A extends readonly unknown[], R>(): Mutation<A, R> => ({
  status: 'idle',
  mutate: () => {},
  mutateAsync: () => Promise.reject(),
  reset: () => {},
});

describe.each(kinds)('useMutation over a $kind', ({ make }) => {
  it('runs a statement, and says how that went', async () => {
    const db = await make();
    let rename = unused<[params?: Params], ExecuteResult>();
    function Form() {
      rename = useMutation('UPDATE tasks SET title = ? WHERE id = ?');
      return null;
    }
    renderWith(
      db,
      <StrictMode>
        <Form />
      </StrictMode>,
    );
    expect(rename.status).toBe('idle');
    act(() => rename.mutate(['other', 1]));
    expect(rename.status).toBe('pending');
    await rendered(db);
    expect(rename.status).toBe('success');
    expect(rename.data).toEqual({ changes: 1, lastInsertRowid: expect.anything() });
    expect(await titleOf(db, 1)).toEqual({ title: 'other' });
    await rendered(db, () => rename.mutate([null, 1]));
    expect(rename).toMatchObject({ status: 'error', error: { subcode: 'constraint.not_null' } });
    await rendered(db, () => rename.reset());
    expect(rename.status).toBe('idle');
    expect(rename).not.toHaveProperty('error');
  });

  it('calls a function with the database and its arguments', async () => {
    const db = await make();
    let add = unused<[title: string, done: boolean], number>();
    function Form() {
      add = useMutation(async (to, title: string, done: boolean) => {
        const { lastInsertRowid } = await to.execute('INSERT INTO tasks(title, done) VALUES (?, ?)', [
          title,
          done,
        ]);
        return Number(lastInsertRowid);
      });
      return null;
    }
    renderWith(db, <Form />);
    let id = 0;
    await rendered(db, async () => {
      id = await add.mutateAsync('new', true);
    });
    expect(add).toMatchObject({ status: 'success', data: id });
    expect(await titleOf(db, id)).toEqual({ title: 'new' });
  });

  it('rejects where it is awaited, and shows the error beside', async () => {
    const db = await make();
    let fail = unused<[], never>();
    function Form() {
      fail = useMutation((): never => {
        throw new Error('refused');
      });
      return null;
    }
    renderWith(db, <Form />);
    await rendered(db, () => expect(fail.mutateAsync()).rejects.toThrow('refused'));
    expect(fail.error?.message).toBe('refused');
  });

  it('shows the last call, whichever ends last', async () => {
    const db = await make();
    const calls: PromiseWithResolvers<string>[] = [];
    let run = unused<[], string>();
    function Form() {
      run = useMutation(() => {
        const call = Promise.withResolvers<string>();
        calls.push(call);
        return call.promise;
      });
      return null;
    }
    renderWith(db, <Form />);
    act(() => run.mutate());
    act(() => run.mutate());
    await act(async () => calls[1]?.resolve('second'));
    await act(async () => calls[0]?.resolve('first'));
    expect(run).toMatchObject({ status: 'success', data: 'second' });
  });

  it('loses no error when the component has gone', async () => {
    const db = await make();
    const call = Promise.withResolvers<never>();
    let run = unused<[], never>();
    function Form() {
      run = useMutation(() => call.promise);
      return null;
    }
    const { unmount } = renderWith(db, <Form />);
    act(() => run.mutate());
    unmount();
    const uncaught = nextUncaught();
    call.reject(new Error('too late'));
    expect(await uncaught).toMatchObject({ message: 'too late' });
  });
});

/** The next error that nobody catches, which doesn't fail the test. */
function nextUncaught(): Promise<unknown> {
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}

describe.each(kinds)('useTransaction over a $kind', ({ make }) => {
  it('commits all or nothing', async () => {
    const db = await make();
    let transaction: TransactionRunner<Database> = { run: () => Promise.reject(), isPending: false };
    function Form() {
      transaction = useTransaction<Database>();
      return null;
    }
    renderWith(db, <Form />);
    let result: Promise<unknown> | undefined;
    act(() => {
      result = transaction.run((tx) => tx.execute("UPDATE tasks SET title = 'other' WHERE id < 3"));
    });
    expect(transaction.isPending).toBe(true);
    await rendered(db, () => result);
    expect(await result).toMatchObject({ changes: 2 });
    expect(transaction.isPending).toBe(false);
    await rendered(db, () =>
      expect(
        transaction.run((tx) => {
          const fails = (): never => {
            throw new Error('changed my mind');
          };
          const deleted: unknown = tx.execute('DELETE FROM tasks');
          return deleted instanceof Promise ? deleted.then(fails) : fails();
        }),
      ).rejects.toThrow('changed my mind'),
    );
    expect(transaction.error?.message).toBe('changed my mind');
    expect(await db.queryOne('SELECT count(*) AS n FROM tasks')).toEqual({ n: 5 });
    await rendered(db, () => transaction.run((tx) => tx.execute('DELETE FROM tasks WHERE id = 1')));
    expect(transaction).not.toHaveProperty('error');
  });
});

describe('useMutation', () => {
  it('takes its types from the function', () => {
    const mutation = () => useMutation((_db, _title: string, done: boolean) => done);
    expectTypeOf(mutation).returns.toEqualTypeOf<Mutation<[_title: string, done: boolean], boolean>>();
    const statement = () => useMutation('DELETE FROM tasks');
    expectTypeOf(statement).returns.toHaveProperty('data').toEqualTypeOf<ExecuteResult | undefined>();
  });
});

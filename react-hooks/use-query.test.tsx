// @vitest-environment jsdom
import { act, render, screen } from '@testing-library/react';
import { openSync } from 'freshet';
import { DatabaseProvider, useMutation, useQuery } from 'freshet/react-hooks';
import { expect, it } from 'vitest';

it('shows the rows, and those of later commits', async () => {
  const db = openSync(':memory:');
  db.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)');
  db.execute("INSERT INTO t(a) VALUES ('x')");
  const seen: string[] = [];
  function List() {
    const { rows, status } = useQuery<{ id: number; a: string }>('SELECT * FROM t ORDER BY id', []);
    const add = useMutation('INSERT INTO t(a) VALUES (?)');
    seen.push(`${status} ${rows.length}`);
    return (
      <button type="button" onClick={() => add.mutate(['z'])}>
        {rows.map((row) => row.a).join()}
      </button>
    );
  }
  render(
    <DatabaseProvider database={db}>
      <List />
    </DatabaseProvider>,
  );
  expect(seen).toEqual(['ready 1']);
  await act(async () => {
    db.execute("INSERT INTO t(a) VALUES ('y')");
  });
  expect(screen.getByRole('button').textContent).toBe('x,y');
  await act(async () => screen.getByRole('button').click());
  expect(screen.getByRole('button').textContent).toBe('x,y,z');
  db.close();
});

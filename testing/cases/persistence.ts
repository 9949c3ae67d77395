import { live, settled } from '../../reactive/index.ts';
import { expectEqual, expectError } from '../expect.ts';
import type { ConformanceCase } from './case.ts';

export const persistenceCases: readonly ConformanceCase[] = [
  {
    name: 'what was committed is there when it is opened again',
    needs: { persists: true },
    async run(_db, { engine }) {
      const location = engine.newLocation?.() ?? '';
      const first = await engine.open({}, location);
      await first.exec('CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 2.5)');
      const tx = await first.begin();
      await tx.execute('DELETE FROM t');
      await first.close();
      const second = await engine.open({ mode: 'open' }, location);
      expectEqual(await second.query('SELECT * FROM t'), [{ id: 1, v: 2.5 }]);
      await second.close();
      await expectError(() => engine.open({ mode: 'create' }, location), { subcode: 'io.exists' });
      await expectError(() => engine.open({ mode: 'open' }, engine.newLocation?.()), {
        subcode: 'io.not_found',
      });
    },
  },
  {
    name: 'two handles of one file see each other, live',
    needs: { persists: true },
    async run(_db, { engine }) {
      const location = engine.newLocation?.() ?? '';
      const [a, b] = [await engine.open({}, location), await engine.open({}, location)];
      await a.exec('CREATE TABLE t(id INTEGER PRIMARY KEY)');
      const query = live(b, 'SELECT id FROM t ORDER BY id');
      const subscription = query.subscribe();
      await settled(b);
      const seen = new Promise<void>((resolve) =>
        subscription.add(query.subscribe((rows) => (rows.length === 3 ? resolve() : undefined))),
      );
      for (const id of [1, 2, 3]) await a.execute('INSERT INTO t VALUES (?)', [id]);
      await seen;
      expectEqual(query.value, await b.query('SELECT id FROM t ORDER BY id'));
      subscription.unsubscribe();
      await a.close();
      await b.close();
    },
  },
];

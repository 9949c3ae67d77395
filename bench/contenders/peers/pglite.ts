import { PGlite } from '@electric-sql/pglite';
import { live } from '@electric-sql/pglite/live';
import type { Contender, Watched } from '../../contender.ts';
import { comments, issues, owners } from '../../workloads/data.ts';
import { schema } from '../../workloads/queries.ts';
import type { Shape, Write } from '../../workloads/write.ts';

export async function create(): Promise<Contender> {
  const db = await PGlite.create({ extensions: { live } });
  const prepared = new Map<Shape, string>();
  return {
    mode: 'in memory, the same indexes; live.query (live.incrementalQuery was no faster in W2 and several times slower in W1); PREPARE once, EXECUTE for each write',
    told: 'every write',
    cannot: {},
    load: async (data, withComments) => {
      for (const statement of schema(withComments)) await db.exec(statement);
      await copy('owners', owners(data));
      await copy('issues', issues(data));
      if (withComments) await copy('comments', comments(data));
      await db.exec('ANALYZE');
    },
    watch: async (query, heard): Promise<Watched> => {
      let rows: readonly object[] = [];
      const sql = query.sql.replace('?', '$1');
      const subscription = await db.live.query<object>(sql, [...query.params], (answer) => {
        rows = answer.rows;
        heard(rows.length, rows[0]);
      });
      return { rows: () => rows, stop: () => subscription.unsubscribe() };
    },
    writer: (shape) => {
      const execute = statement(shape);
      return async (write) => {
        await db.exec(await execute(write));
      };
    },
    transaction: async (writes: readonly Write[]) => {
      const script: string[] = [];
      for (const write of writes) script.push(await statement(write.shape)(write));
      await db.exec(`BEGIN; ${script.join(';')}; COMMIT`);
    },
    close: () => db.close(),
  };

  /** Prepared in the session, which takes less time than `db.query` with parameters. */
  function statement(shape: Shape): (write: Write) => string | Promise<string> {
    const text = (name: string, { args }: Write) => `EXECUTE ${name}(${args.map(literal).join()})`;
    return (write) => {
      const known = prepared.get(shape);
      if (known !== undefined) return text(known, write);
      const name = `write_${prepared.size}`;
      prepared.set(shape, name);
      let at = 0;
      const sql = shape.sql.replaceAll('?', () => `$${++at}`);
      return db.exec(`PREPARE ${name} AS ${sql}`).then(() => text(name, write));
    };
  }

  async function copy(table: string, rows: Iterable<object>): Promise<void> {
    let lines = '';
    for (const row of rows) lines += `${Object.values(row).join('\t')}\n`;
    await db.query(`COPY ${table} FROM '/dev/blob'`, [], { blob: new Blob([lines]) });
  }
}

function literal(value: number | string): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;
}

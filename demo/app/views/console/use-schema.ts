import { useQuery } from 'freshet/react-hooks';
import { useMemo } from 'react';
import type { Schema } from './problem.ts';

const columnsOfAll = `
  SELECT t.name AS "table", c.name AS "column"
  FROM pragma_table_list t JOIN pragma_table_info(t.name) c
  WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual') AND t.name NOT LIKE 'sqlite_%'
  ORDER BY t.name, c.cid`;

/** The tables and their columns, as they are now. */
export function useSchema(): Schema {
  const { rows } = useQuery<{ table: string; column: string }>(columnsOfAll);
  return useMemo(() => {
    const schema = new Map<string, string[]>();
    for (const { table, column } of rows) schema.set(table, [...(schema.get(table) ?? []), column]);
    return schema;
  }, [rows]);
}

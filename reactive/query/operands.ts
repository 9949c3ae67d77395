import { foldName } from '../../core/sql/identifier.ts';
import { type Core, type Operand, type Output, type Ref, type Relation, rowidColumn } from './model.ts';
import { rowidAlias } from './schema.ts';

export function columnOperand(relation: Relation, column: number): Operand {
  const ref: Ref = { kind: 'ref', relation, column };
  const info = relation.columns[column];
  // The rowid has no collation, by whatever name: of a compound's arms the next one decides.
  const isRowid =
    column === rowidColumn || (relation.of.kind === 'table' && rowidAlias(relation.of.table) === column);
  const collation = isRowid ? null : (info?.collation ?? null);
  return {
    text: [ref],
    ref,
    affinity: column === rowidColumn ? 'integer' : (info?.affinity ?? 'none'),
    collation: collation === null ? null : { name: collation, explicit: false },
  };
}

export const starOutput = (operand: Operand, relation: Relation, at: number): Output => ({
  ...operand,
  name: relation.columns[at]?.name ?? '',
  isAlias: false,
  expr: null,
});

export const isAliasOf = (output: Output, name: string): boolean =>
  output.isAlias && foldName(output.name) === foldName(name);

export const collationName = (operand: Operand | undefined): string | null =>
  operand?.collation?.name ?? null;

/** Of a compound's column: the first arm that has one decides. */
export function compoundCollation(cores: readonly Core[], at: number): Operand['collation'] {
  for (const core of cores) {
    const collation = core.outputs[at]?.collation;
    if (collation) return collation;
  }
  return null;
}

export function columnOf(relation: Relation, name: string): number {
  return relation.columns.findIndex((column) => foldName(column.name) === foldName(name));
}

export const sameRef = (a: Ref, b: Ref): boolean => a.relation === b.relation && a.column === b.column;

import type { AstNode, Expr } from 'sqlite3-parser';
import type { TableInfo } from '../../core/catalog.ts';
import type { Affinity } from '../../core/sql/affinity.ts';
import type { AccumulatorKind } from '../exact/accumulators.ts';

/**
 * A SELECT whose names are resolved. Expressions stay the user's own text, in which each column, parameter and
 * nested SELECT is a part of its own, so that a statement made of them can say where each of those comes from.
 */

/** A piece of SQL: text, and what may be put differently in another statement. */
export type Part = string | Ref | Nested;
export type Text = readonly Part[];

/** A column of a relation; `rowidColumn` is its rowid. */
export interface Ref {
  readonly kind: 'ref';
  readonly relation: Relation;
  readonly column: number;
}

export const rowidColumn = -1;

/** A SELECT inside an expression. */
export interface Nested {
  readonly kind: 'nested';
  readonly select: SelectModel;
  readonly use: 'scalar' | 'exists' | 'in';
  /** What stands before IN: its text, and its one expression or several. The part covers all of it. */
  readonly left?: { readonly text: Text; readonly operands: readonly Operand[]; readonly negated: boolean };
}

export interface Column {
  readonly name: string;
  readonly affinity: Affinity;
  /** Null: an expression without one. */
  readonly collation: string | null;
}

/** An occurrence of a table, of a table-valued function, or of a SELECT in a FROM clause. */
export interface Relation {
  readonly id: number;
  /** Unique in the whole query. */
  readonly alias: string;
  /** The name that the user's text calls it by. */
  readonly name: string;
  readonly columns: readonly Column[];
  readonly of:
    | { readonly kind: 'table'; readonly table: TableInfo }
    | { readonly kind: 'function'; readonly name: string; readonly args: readonly Text[] }
    | { readonly kind: 'select'; readonly select: SelectModel };
}

/** An expression and what a comparison does with it. */
export interface Operand {
  readonly text: Text;
  /** It is this column and nothing else, parentheses aside. */
  readonly ref?: Ref;
  readonly affinity: Affinity;
  /** Null: none, so the other side decides. */
  readonly collation: { readonly name: string; readonly explicit: boolean } | null;
  /** Something in it compares, so its value depends on the affinities and collations of its columns. */
  readonly compares?: boolean;
  /** The columns that a FULL JOIN's USING made one of: see merged.ts. */
  readonly merged?: readonly Operand[];
}

/** One of the terms that AND joins. */
export interface Conjunct {
  readonly text: Text;
  readonly expr: Expr | null;
  /** The two sides of `a = b`. */
  readonly equals?: readonly [Operand, Operand];
}

export interface Output extends Operand {
  readonly name: string;
  /** The name was given by AS. */
  readonly isAlias: boolean;
  readonly expr: Expr | null;
  /** It is one of the aggregates that can be kept up by what enters and leaves, and nothing else. */
  readonly aggregate?: { readonly kind: AccumulatorKind; readonly argument: Operand | null };
}

export type JoinKind = 'inner' | 'left' | 'right' | 'full';

export interface Joined {
  readonly relation: Relation;
  readonly join: JoinKind;
  readonly on: readonly Conjunct[];
}

/** One SELECT without ORDER BY: an arm of a compound, or all there is. */
export interface Core {
  readonly from: readonly Joined[];
  readonly outputs: readonly Output[];
  readonly where: readonly Conjunct[];
  readonly distinct: boolean;
  /** Undefined without GROUP BY. */
  readonly groupBy: readonly Operand[] | undefined;
  readonly having: Text | undefined;
  readonly havingExpr: Expr | undefined;
  /** It has aggregates of its own, with or without GROUP BY. */
  readonly aggregates: boolean;
  /** The PARTITION BY lists of its window functions. */
  readonly partitions: readonly (readonly Operand[])[];
  readonly windowClause: readonly { readonly name: string; readonly text: Text }[];
  /** VALUES, and nothing else. */
  readonly values?: Text;
}

export interface OrderTerm extends Operand {
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** The output that it sorts by, if it is one. */
  readonly output: number | null;
}

export type CompoundKind = 'Union' | 'UnionAll' | 'Except' | 'Intersect';

export interface SelectModel {
  readonly cores: readonly Core[];
  /** Between the cores. */
  readonly operators: readonly CompoundKind[];
  readonly orderBy: readonly OrderTerm[];
  readonly limit: Text | undefined;
  readonly offset: Text | undefined;
  /** Relations of the queries around it that it mentions. */
  readonly correlated: ReadonlySet<Relation>;
}

/** A column that date functions take times from. */
export interface ClockColumn {
  readonly table: TableInfo;
  /** Its place among the table's columns. */
  readonly column: number;
}

/** What must hold no text that names the clock, as 'now' does: see clock.ts. */
export interface ClockSources {
  readonly columns: readonly ClockColumn[];
  /** Numbers of parameters, from 1. */
  readonly parameters: readonly number[];
}

export interface ResolvedQuery {
  readonly select: SelectModel;
  /** What column each name in the text is. */
  readonly bindings: ReadonlyMap<AstNode, Ref>;
  /** What number each parameter in the text has. */
  readonly numbers: ReadonlyMap<AstNode, number>;
  /** LIKE does what it does by default. */
  readonly likes: boolean;
  /** What must not name the clock for the answer to depend on its tables alone. */
  readonly clock: ClockSources;
  /** For each parameter of the text, by its place in the statements made from it: `?1` is the first. */
  readonly parameters: readonly (string | number)[];
}

/** The query can't be resolved with certainty; it is answered all the same, by running it again. */
export class Unresolved extends Error {}

/** The only core, or undefined for a compound. */
export function onlyCore(select: SelectModel): Core | undefined {
  return select.cores.length === 1 ? select.cores[0] : undefined;
}

/** Whether rows of any table come into it, at whatever depth. */
export function readsTables(select: SelectModel): boolean {
  const inText = (text: Text): boolean => nestedOf(text).some((nested) => readsTables(nested.select));
  return select.cores.some((core) => {
    const texts = [
      ...core.outputs,
      ...core.where,
      ...core.from.flatMap(({ on }) => on),
      ...(core.groupBy ?? []),
    ];
    if (texts.some(({ text }) => inText(text)) || (core.having && inText(core.having))) return true;
    return core.from.some(({ relation: { of } }) =>
      of.kind === 'select' ? readsTables(of.select) : of.kind === 'table' || of.args.some(inText),
    );
  });
}

/** Every part of a text that is not plain, those in nested SELECTs not included. */
export function* partsOf(text: Text): Generator<Ref | Nested> {
  for (const part of text) {
    if (typeof part === 'string') continue;
    yield part;
    if (part.kind === 'nested' && part.left) yield* partsOf(part.left.text);
  }
}

/** The relations that a text mentions, with those that its nested SELECTs mention from outside. */
export function relationsOf(text: Text, into = new Set<Relation>()): Set<Relation> {
  for (const part of partsOf(text)) {
    if (part.kind === 'ref') into.add(part.relation);
    else for (const relation of part.select.correlated) into.add(relation);
  }
  return into;
}

export function nestedOf(text: Text): Nested[] {
  return [...partsOf(text)].filter((part) => part.kind === 'nested');
}

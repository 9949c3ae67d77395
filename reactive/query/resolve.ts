/**
 * Resolves the names of a SELECT against the schema as SQLite does: views and CTEs become SELECTs in FROM, `*`
 * its columns, each name the column it stands for, each expression its affinity and collation.
 * Guarantees that what it resolves means the same; whatever is in doubt is `Unresolved`. The hard part is the
 * order in which SQLite looks names up, see scope.ts. One long class, because SELECTs, clauses and expressions
 * resolve each other.
 */
import {
  type AstNode,
  type Expr,
  type FromClause,
  type FunctionCallExpr,
  type JoinConstraint,
  type OneSelect,
  parseStmt,
  type Select,
  type SelectFrom,
  type SelectTable,
  type SelectValues,
  type SortedColumn,
  type Span,
  traverse,
  type Visitor,
  type Window,
  type With,
} from 'sqlite3-parser';
import type { ParameterPlan } from '../../core/parameters.ts';
import { affinityOf } from '../../core/sql/affinity.ts';
import { foldName } from '../../core/sql/identifier.ts';
import type { AccumulatorKind } from '../exact/accumulators.ts';
import { clockSources, isTimeFunction } from './clock.ts';
import {
  compares,
  isFunctionName,
  listed,
  refuseWindows,
  stripCollate,
  withoutComments,
  withoutParentheses,
} from './expressions.ts';
import { checkHandedOut, checkMerged, checkMerging, mergedOperand } from './merged.ts';
import {
  type Column,
  type Conjunct,
  type Core,
  type Joined,
  type JoinKind,
  type Nested,
  type Operand,
  type OrderTerm,
  type Output,
  onlyCore,
  type Part,
  type Ref,
  type Relation,
  type ResolvedQuery,
  type SelectModel,
  type Text,
  Unresolved,
} from './model.ts';
import {
  collationName,
  columnOf,
  columnOperand,
  compoundCollation,
  isAliasOf,
  sameRef,
  starOutput,
} from './operands.ts';
import type { ParsedQuery } from './parsed-query.ts';
import type { QuerySchema } from './schema.ts';
import { type Ctes, type Frame, findName, type NameNode, ownedBy, type Scope } from './scope.ts';
import { numberVariables } from './variables.ts';

/** @throws Unresolved with the reason where this can't be told with certainty. */
export function resolveQuery(
  { sql, select: body, tokens }: ParsedQuery,
  parameters: ParameterPlan,
  schema: QuerySchema,
): ResolvedQuery {
  if (!body) throw new Unresolved('it is not a plain SELECT');
  const shared: Shared = {
    schema,
    bindings: new Map(),
    numbers: new Map(),
    variables: numberVariables(tokens, parameters),
    timeCalls: new Set(),
    nextRelation: 0,
  };
  const select = new Resolver(sql, shared).select(body, null, new Map());
  return {
    select,
    bindings: shared.bindings,
    numbers: shared.numbers,
    likes: schema.likes,
    clock: clockSources(shared.timeCalls, shared),
    parameters:
      parameters.style === 'none'
        ? []
        : parameters.style === 'positional'
          ? Array.from({ length: parameters.count }, (_, i) => i)
          : parameters.names,
  };
}

/** A place in the user's text, and what stands there instead. */
interface Hole {
  readonly span: Pick<Span, 'offset' | 'length'>;
  readonly parts: readonly Part[];
}

type Traits = Pick<Operand, 'affinity' | 'collation' | 'merged'>;

interface Shared {
  readonly schema: QuerySchema;
  readonly bindings: Map<AstNode, Ref>;
  readonly numbers: Map<AstNode, number>;
  /** By offset in the user's text: the parameter's number. */
  readonly variables: ReadonlyMap<number, number>;
  /** Calls of date functions, whose arguments are looked at when all names are resolved. */
  readonly timeCalls: Set<FunctionCallExpr>;
  nextRelation: number;
}

const lateralFunctions = new Map<string, readonly string[]>(
  ['json_each', 'json_tree', 'jsonb_each', 'jsonb_tree'].map((name) => [
    name,
    ['key', 'value', 'type', 'atom', 'id', 'parent', 'fullkey', 'path'],
  ]),
);
const accumulating = new Map<string, AccumulatorKind>(
  (['count', 'sum', 'total', 'avg', 'min', 'max'] as const).map((kind) => [kind, kind]),
);
const joinType = { natural: 4, left: 8, right: 16 } as const;
const maxRelations = 500;
/** Beyond so many, as in a long list of parameters, texts that stand side by side are made one. */
const manyParts = 40;

function joined(parts: readonly Part[]): Part[] {
  const list: Part[] = [];
  let text: string[] = [];
  const flush = (): void => {
    if (text.length > 0) list.push(text.join(''));
    text = [];
  };
  for (const part of parts) {
    if (typeof part === 'string') {
      text.push(part);
      continue;
    }
    flush();
    list.push(part);
  }
  flush();
  return list;
}

class Resolver {
  readonly #sql: string;
  readonly #shared: Shared;

  constructor(sql: string, shared: Shared) {
    this.#sql = sql;
    this.#shared = shared;
  }

  select(select: Select, outer: Scope | null, ctes: Ctes): SelectModel {
    const frame: Frame = { correlated: new Set() };
    const visible = select.with ? this.#withCtes(select.with, ctes) : ctes;
    const arms = [select.select, ...(select.compounds ?? []).map((compound) => compound.select)];
    const scopes: Scope[] = [];
    const cores = arms.map((arm) => {
      const scope: Scope = {
        frame,
        parent: outer,
        from: [],
        merged: new Map(),
        absorbed: new Map(),
        aliases: [],
        aggregates: false,
      };
      scopes.push(scope);
      return this.#core(arm, scope, visible);
    });
    const [scope] = scopes;
    const [core] = cores;
    if (!scope || !core) throw new Unresolved('it has no SELECT');
    const orderBy = (select.orderBy ?? []).map((term) => this.#orderTerm(term, cores, scope, visible));
    // An aggregate in ORDER BY makes the query one.
    const [first = core, ...others] = cores;
    const model: SelectModel = {
      cores: [{ ...first, aggregates: first.aggregates || scope.aggregates }, ...others],
      operators: (select.compounds ?? []).map(({ operator }) => operator),
      orderBy,
      limit: select.limit && this.#text(select.limit.expr, scope, visible),
      offset: select.limit?.offset && this.#text(select.limit.offset, scope, visible),
      correlated: frame.correlated,
    };
    return model;
  }

  #withCtes(clause: With, outer: Ctes): Ctes {
    const visible = new Map(outer);
    for (const { tblName, columns, select } of clause.ctes) {
      const name = foldName(tblName.text);
      let isRecursive = false;
      traverse(select, {
        nodes: {
          TableSelectTable: ({ tblName: used }) => {
            if (used.dbName === undefined && foldName(used.objName.text) === name) isRecursive = true;
          },
        },
      });
      // A CTE may also use those that come after it: the map is filled by then.
      visible.set(name, {
        select,
        columns: columns?.map(({ colName }) => colName.text),
        ctes: visible,
        isRecursive,
      });
    }
    return visible;
  }

  // ---------------------------------------------------------------- one core

  #core(arm: OneSelect, scope: Scope, ctes: Ctes): Core {
    if (arm.type === 'SelectValues') return this.#values(arm, scope, ctes);
    if (arm.from) this.#from(arm.from, scope, ctes);
    const outputs = this.#outputs(arm, scope, ctes);
    scope.aliases = outputs;
    const where = arm.whereClause ? this.#conjuncts(arm.whereClause, scope, ctes) : [];
    const groupBy = arm.groupBy?.map((term) => this.#groupTerm(term, scope, ctes));
    const having = arm.having && this.#text(arm.having, scope, ctes);
    const named = new Map((arm.windowClause ?? []).map(({ name, window }) => [foldName(name.text), window]));
    const windowClause = (arm.windowClause ?? []).map(({ name, window }) => ({
      // As it is written: SQLite compares these names with their quotes.
      name: this.#slice(name.span),
      text: this.#text(window, scope, ctes),
    }));
    return {
      from: scope.from,
      outputs,
      where,
      distinct: arm.distinctness === 'Distinct',
      groupBy,
      having,
      havingExpr: arm.having,
      aggregates: groupBy !== undefined || having !== undefined || scope.aggregates,
      partitions: this.#partitions(arm, named, scope, ctes),
      windowClause,
    };
  }

  #values(arm: SelectValues, scope: Scope, ctes: Ctes): Core {
    const outputs = (arm.values[0]?.values ?? []).map((expr, at) => ({
      ...this.#operand(expr, scope, ctes),
      name: `column${at + 1}`,
      isAlias: false,
      expr,
    }));
    return {
      from: [],
      outputs,
      where: [],
      distinct: false,
      groupBy: undefined,
      having: undefined,
      havingExpr: undefined,
      aggregates: false,
      partitions: [],
      windowClause: [],
      values: this.#text(arm, scope, ctes),
    };
  }

  #partitions(arm: SelectFrom, named: ReadonlyMap<string, Window>, scope: Scope, ctes: Ctes): Operand[][] {
    const lists: Operand[][] = [];
    const partition = (window: Window): readonly Expr[] => {
      if (window.partitionBy) return window.partitionBy;
      const base = window.base && named.get(foldName(window.base.text));
      return base ? partition(base) : [];
    };
    for (const column of arm.columns) {
      traverse(column, {
        enter: (node) => {
          if (node.type === 'Select') return 'skip';
          if (node.type !== 'FunctionTail' || !node.overClause) return 'continue';
          const over = node.overClause;
          const window = over.type === 'NameOver' ? named.get(foldName(over.name.text)) : over.window;
          if (!window) throw new Unresolved('it uses an unknown window');
          lists.push(partition(window).map((expr) => this.#operand(expr, scope, ctes)));
          return 'continue';
        },
      });
    }
    return lists;
  }

  #outputs(arm: SelectFrom, scope: Scope, ctes: Ctes): Output[] {
    return arm.columns.flatMap((column): Output[] => {
      if (column.type === 'ExprResultColumn') {
        const operand = this.#operand(column.expr, scope, ctes);
        const name = column.alias?.name.text ?? this.#nameOf(column.expr);
        const aggregate = this.#aggregate(column.expr, scope, ctes);
        return [
          {
            ...operand,
            name,
            isAlias: column.alias !== undefined,
            expr: column.expr,
            ...(aggregate && { aggregate }),
          },
        ];
      }
      if (column.type === 'TableStarResultColumn') {
        const name = foldName(column.table.text);
        const matching = scope.from.filter(({ relation }) => foldName(relation.name) === name);
        const [one] = matching;
        if (!one || matching.length > 1) throw new Unresolved(`${column.table.text}.* is ambiguous`);
        return one.relation.columns.map((_, at) =>
          starOutput(columnOperand(one.relation, at), one.relation, at),
        );
      }
      return scope.from.flatMap(({ relation }) =>
        relation.columns.flatMap((_, at): Output[] => {
          const name = foldName(relation.columns[at]?.name ?? '');
          if (scope.absorbed.get(relation)?.has(name)) return [];
          const merged = scope.merged.get(name);
          const operand = merged?.owner === relation ? merged.operand : columnOperand(relation, at);
          return [starOutput(operand, relation, at)];
        }),
      );
    });
  }

  #aggregate(expr: Expr, scope: Scope, ctes: Ctes): Output['aggregate'] {
    const plain = withoutParentheses(expr);
    if (plain.type === 'FunctionCallStarExpr') {
      return plain.filterOver || foldName(plain.name.name) !== 'count'
        ? undefined
        : { kind: 'countRows', argument: null };
    }
    if (plain.type !== 'FunctionCallExpr' || plain.filterOver || plain.distinctness || plain.orderBy)
      return undefined;
    const kind = accumulating.get(foldName(plain.name.name));
    const [argument, ...others] = plain.args ?? [];
    if (!kind || others.length > 0) return undefined;
    if (!argument) return kind === 'count' ? { kind: 'countRows', argument: null } : undefined;
    return { kind, argument: this.#operand(argument, scope, ctes) };
  }

  #nameOf(expr: Expr): string {
    if (expr.type === 'Id') return expr.name;
    if (expr.type === 'QualifiedExpr') return expr.column.text;
    return this.#slice(expr.span);
  }

  // ---------------------------------------------------------------- FROM

  #from(from: FromClause, scope: Scope, ctes: Ctes): void {
    if (from.select)
      scope.from.push({ relation: this.#relation(from.select, scope, ctes), join: 'inner', on: [] });
    for (const { operator, table, constraint } of from.joins ?? []) {
      const bits = operator.type === 'TypedJoinJoinOperator' ? (operator.joinType ?? 0) : 0;
      const left = (bits & joinType.left) !== 0;
      const right = (bits & joinType.right) !== 0;
      const join: JoinKind = left && right ? 'full' : left ? 'left' : right ? 'right' : 'inner';
      const relation = this.#relation(table, scope, ctes);
      const names = this.#usingNames(relation, bits, constraint, scope);
      const before = [...scope.from];
      const on = names.map((name) => this.#using(name, relation, join, scope, before));
      scope.from.push({ relation, join, on });
      if (constraint?.type === 'OnJoinConstraint') on.push(...this.#conjuncts(constraint.expr, scope, ctes));
    }
    for (const { columns } of scope.merged.values()) checkMerging(columns, scope.from);
  }

  #usingNames(
    relation: Relation,
    bits: number,
    constraint: JoinConstraint | undefined,
    scope: Scope,
  ): string[] {
    if (constraint?.type === 'UsingJoinConstraint') return constraint.columns.map(({ text }) => text);
    if ((bits & joinType.natural) === 0) return [];
    return relation.columns
      .map(({ name }) => name)
      .filter((name) => scope.from.some((joined) => columnOf(joined.relation, name) >= 0));
  }

  /** `USING (name)`: the columns are equal, and one of them stands for both. */
  #using(name: string, right: Relation, join: JoinKind, scope: Scope, before: readonly Joined[]): Conjunct {
    const key = foldName(name);
    const owner = before.find(({ relation }) => columnOf(relation, name) >= 0)?.relation;
    if (!owner) throw new Unresolved(`USING names ${name}, which the tables before it don't have`);
    const left = scope.merged.get(key)?.operand ?? columnOperand(owner, columnOf(owner, name));
    const own = columnOperand(right, columnOf(right, name));
    scope.absorbed.set(right, (scope.absorbed.get(right) ?? new Set()).add(key));
    const columns = [...(scope.merged.get(key)?.columns ?? [left]), own];
    const operand = join === 'right' ? own : join === 'full' ? mergedOperand(left, own) : left;
    scope.merged.set(key, { operand, owner, columns });
    return { text: [...left.text, ' = ', ...own.text], expr: null, equals: [left, own] };
  }

  #relation(table: SelectTable, scope: Scope, ctes: Ctes): Relation {
    const alias = table.alias?.name.text;
    switch (table.type) {
      case 'TableSelectTable':
        return this.#named(table.tblName.objName.text, table.tblName.dbName?.text, alias, scope, ctes);
      case 'SelectSelectTable': {
        // It doesn't see the tables beside it, but those around the query.
        const select = this.select(table.select, scope.parent, ctes);
        for (const relation of select.correlated) scope.frame.correlated.add(relation);
        return this.#derived(select, alias ?? '', undefined);
      }
      case 'TableCallSelectTable': {
        const name = foldName(table.tblName.objName.text);
        const columns = lateralFunctions.get(name);
        if (!columns) throw new Unresolved(`${name} is a table-valued function that can't be followed`);
        return this.#make(
          alias ?? name,
          columns.map((column) => ({ name: column, affinity: 'blob', collation: 'BINARY' })),
          { kind: 'function', name, args: (table.args ?? []).map((arg) => this.#text(arg, scope, ctes)) },
        );
      }
      default:
        throw new Unresolved('it joins tables in parentheses');
    }
  }

  #named(
    name: string,
    schema: string | undefined,
    alias: string | undefined,
    scope: Scope,
    ctes: Ctes,
  ): Relation {
    const cte = schema === undefined ? ctes.get(foldName(name)) : undefined;
    if (cte) {
      if (cte.isRecursive) throw new Unresolved(`${name} is recursive`);
      const select = this.select(cte.select, null, cte.ctes);
      return this.#derived(select, alias ?? name, cte.columns);
    }
    const info = this.#shared.schema.table(name, schema);
    if (!info) throw new Unresolved(`${name} is not a table of the schema`);
    if (info.schema !== 'main')
      throw new Unresolved(`${name} belongs to ${info.schema}, which only this connection sees`);
    if (info.kind === 'view') return this.#view(info.sql, alias ?? info.name);
    if (info.kind !== 'table' || /^sqlite_/i.test(info.name))
      throw new Unresolved(`${name} is a table whose rows can't be followed`);
    if (info.rowid === null && !info.withoutRowid)
      throw new Unresolved(`no name reaches the rowid of ${name}`);
    void scope;
    return this.#make(alias ?? info.name, this.#shared.schema.columnsOf(info), {
      kind: 'table',
      table: info,
    });
  }

  #view(sql: string, name: string): Relation {
    const parsed = parseStmt(sql);
    if (parsed.status === 'error' || parsed.root.type !== 'CreateViewStmt')
      throw new Unresolved(`the view ${name} can't be read`);
    const { select, columns } = parsed.root;
    const body = new Resolver(sql, this.#shared).select(select, null, new Map());
    return this.#derived(
      body,
      name,
      columns?.map(({ colName }) => colName.text),
    );
  }

  #derived(select: SelectModel, name: string, names: readonly string[] | undefined): Relation {
    checkHandedOut(select.cores);
    // SQLite 3.53 loses conditions that it moves into such an arm: https://sqlite.org/optoverview.html#pushdown
    const isOuter = ({ from }: Core) => from.some(({ join }) => join === 'right' || join === 'full');
    if (select.cores.length > 1 && select.cores.some(isOuter))
      throw new Unresolved('an arm of a compound in FROM has a RIGHT or FULL JOIN');
    const columns = (select.cores[0] as Core).outputs.map((output, at): Column => {
      const arms = select.cores.map((core) => core.outputs[at]);
      if (
        arms.some(
          (arm) =>
            arm?.affinity !== output.affinity ||
            (collationName(arm) ?? 'BINARY') !== (collationName(output) ?? 'BINARY'),
        )
      )
        throw new Unresolved('the arms of a compound in FROM differ in affinity or collation');
      if (collationName(output) === 'unknown')
        throw new Unresolved('an expression holds COLLATE in its midst');
      return {
        name: names?.[at] ?? output.name,
        affinity: output.affinity,
        collation: collationName(output) ?? 'BINARY',
      };
    });
    return this.#make(name, columns, { kind: 'select', select });
  }

  #make(name: string, columns: readonly Column[], of: Relation['of']): Relation {
    const id = this.#shared.nextRelation++;
    if (id > maxRelations) throw new Unresolved('it is too large');
    return { id, alias: `"s${id}"`, name, columns, of };
  }

  // ---------------------------------------------------------------- terms

  #conjuncts(expr: Expr, scope: Scope, ctes: Ctes): Conjunct[] {
    const plain = withoutParentheses(expr);
    if (plain.type === 'BinaryExpr' && plain.op === 'And') {
      return [...this.#conjuncts(plain.left, scope, ctes), ...this.#conjuncts(plain.right, scope, ctes)];
    }
    const text = this.#text(plain, scope, ctes);
    if (plain.type !== 'BinaryExpr' || plain.op !== 'Equals') return [{ text, expr: plain }];
    const sides = [this.#operand(plain.left, scope, ctes), this.#operand(plain.right, scope, ctes)] as const;
    return [{ text, expr: plain, equals: sides }];
  }

  #groupTerm(term: Expr, scope: Scope, ctes: Ctes): Operand {
    const plain = withoutParentheses(term);
    if (plain.type === 'NumericLiteral') {
      const output = scope.aliases[Number(plain.value) - 1];
      if (output) return output;
    }
    return this.#operand(term, scope, ctes);
  }

  #orderTerm(term: SortedColumn, cores: readonly Core[], scope: Scope, ctes: Ctes): OrderTerm {
    const descending = term.order === 'Desc';
    const nullsFirst = term.nulls ? term.nulls === 'First' : !descending;
    const outputs = cores[0]?.outputs ?? [];
    const { expr, collation } = stripCollate(term.expr);
    refuseWindows(term.expr);
    const at = this.#orderedOutput(expr, outputs, scope, ctes);
    if (at === null) {
      if (cores.length > 1) throw new Unresolved('an ORDER BY term of a compound matches no column by name');
      return { ...this.#operand(term.expr, scope, ctes), descending, nullsFirst, output: null };
    }
    const output = outputs[at] as Output;
    const compared = compoundCollation(cores, at);
    return {
      ...output,
      collation: collation === undefined ? compared : { name: collation.toUpperCase(), explicit: true },
      descending,
      nullsFirst,
      output: at,
    };
  }

  /** An integer or an alias names an output; a column that is one names it, too. */
  #orderedOutput(expr: Expr, outputs: readonly Output[], scope: Scope, ctes: Ctes): number | null {
    if (expr.type === 'NumericLiteral' && /^\d+$/.test(expr.value)) {
      const at = Number(expr.value) - 1;
      return outputs[at] ? at : null;
    }
    if (expr.type !== 'Id' && expr.type !== 'QualifiedExpr') return null;
    const alias = expr.type === 'Id' ? outputs.findIndex((output) => isAliasOf(output, expr.name)) : -1;
    if (alias >= 0) return alias;
    const { ref } = this.#operand(expr, scope, ctes);
    const same = outputs.findIndex((output) => ref && output.ref && sameRef(ref, output.ref));
    return same >= 0 ? same : null;
  }

  // ---------------------------------------------------------------- expressions

  #operand(expr: Expr, scope: Scope, ctes: Ctes): Operand {
    const text = this.#text(expr, scope, ctes);
    const traits = this.#traits(expr, scope, ctes);
    const only = text.filter((part) => part !== '' && part !== '(' && part !== ')');
    const [ref] = only;
    const isPlain = only.length === 1 && typeof ref === 'object' && ref.kind === 'ref';
    if (isPlain) return { text, ...traits, ref };
    return { text, ...traits, compares: compares(expr) || this.#aliasesCompare(expr, scope) };
  }

  /** Whether an alias in it stands for an expression that compares. */
  #aliasesCompare(expr: Expr, scope: Scope): boolean {
    let found = false;
    traverse(expr, {
      enter: (node, parent) => {
        if (node.type === 'Select') return 'skip';
        if (node.type !== 'Id' || isFunctionName(node, parent)) return 'continue';
        const named = findName(node, this.#slice(node.span), scope, false);
        found ||= named !== null && 'alias' in named && named.alias.compares === true;
        return 'skip';
      },
    });
    return found;
  }

  /** https://sqlite.org/datatype3.html#affinity_of_expressions, and sqlite3ExprCollSeq for collations. */
  #traits(expr: Expr, scope: Scope, ctes: Ctes): Traits {
    const plain = withoutParentheses(expr);
    switch (plain.type) {
      case 'Id':
      case 'QualifiedExpr': {
        const found = findName(plain, this.#slice(plain.span), scope);
        if (found === null) return { affinity: 'none', collation: null };
        const { affinity, collation, merged } = 'alias' in found ? found.alias : found;
        return { affinity, collation, ...(merged && { merged }) };
      }
      case 'CollateExpr': {
        const traits = this.#traits(plain.expr, scope, ctes);
        return { ...traits, collation: { name: plain.collation.toUpperCase(), explicit: true } };
      }
      case 'CastExpr': {
        const { collation } = this.#traits(plain.expr, scope, ctes);
        return { affinity: affinityOf(plain.typeName?.name ?? ''), collation };
      }
      case 'UnaryExpr':
        if (plain.op === 'Positive')
          return { affinity: 'none', collation: this.#traits(plain.expr, scope, ctes).collation };
        break;
      case 'SubqueryExpr': {
        const core = onlyCore(this.#quietly(() => this.select(plain.select, scope, ctes)));
        return { affinity: core?.outputs[0]?.affinity ?? 'none', collation: null };
      }
    }
    let collates = false;
    traverse(plain, {
      enter(node) {
        if (node.type === 'CollateExpr') collates = true;
        return node.type === 'Select' || node.type === 'FunctionTail' ? 'skip' : 'continue';
      },
    });
    // An explicit COLLATE inside of an expression is the expression's.
    if (collates) return { affinity: 'none', collation: { name: 'unknown', explicit: true } };
    return { affinity: 'none', collation: null };
  }

  /** Resolves something a second time, only to look at it. */
  #quietly<R>(call: () => R): R {
    const { nextRelation } = this.#shared;
    const result = call();
    this.#shared.nextRelation = nextRelation;
    return result;
  }

  /** The text of an expression, or of another node that holds expressions, in parts. */
  #text(root: AstNode, scope: Scope, ctes: Ctes): Text {
    const holes: Hole[] = [];
    const merged: Operand[] = [];
    const nested = (inner: Select, use: Nested['use'], left?: Nested['left']): Nested => {
      const select = this.select(inner, scope, ctes);
      if (use !== 'exists') checkHandedOut(select.cores);
      return { kind: 'nested', select, use, ...(left && { left }) };
    };
    const visitor: Visitor = {
      enter: (node, parent) => {
        switch (node.type) {
          case 'Id':
          case 'QualifiedExpr': {
            if (isFunctionName(node, parent)) return 'skip';
            const parts = this.#name(node, scope, merged);
            if (parts) holes.push({ span: node.span, parts });
            return 'skip';
          }
          case 'VariableExpr': {
            holes.push({ span: node.span, parts: [this.#variable(node)] });
            return 'skip';
          }
          case 'InListExpr': {
            const { lhs, rhs: list = [] } = node;
            if (list.length < manyParts || !list.every(({ type }) => type === 'VariableExpr'))
              return 'continue';
            // Thousands of them are one piece of text.
            traverse(lhs, visitor);
            holes.push(this.#variables(list));
            return 'skip';
          }
          case 'SubqueryExpr':
            holes.push({ span: node.span, parts: ['(', nested(node.select, 'scalar'), ')'] });
            return 'skip';
          case 'ExistsExpr':
            holes.push({ span: node.span, parts: ['EXISTS (', nested(node.select, 'exists'), ')'] });
            return 'skip';
          case 'InSelectExpr': {
            const operands = listed(node.lhs).map((side) => this.#operand(side, scope, ctes));
            const left = { text: this.#text(node.lhs, scope, ctes), operands, negated: node.not };
            checkMerged(operands, node);
            holes.push({ span: node.span, parts: [nested(node.rhs, 'in', left)] });
            return 'skip';
          }
          case 'Select':
            return 'skip';
          default:
            this.#refuse(node, scope);
            return 'continue';
        }
      },
    };
    traverse(root, visitor);
    const parts: Part[] = [];
    let at = root.span.offset;
    for (const { span, parts: inner } of holes.sort((a, b) => a.span.offset - b.span.offset)) {
      parts.push(this.#sql.slice(at, span.offset), ...inner);
      at = span.offset + span.length;
    }
    parts.push(this.#sql.slice(at, root.span.offset + root.span.length));
    if (merged.length > 0) checkMerged(merged, root as Expr);
    // A comment to the end of the line would swallow what comes behind.
    const plain = parts
      .map((part) => (typeof part === 'string' ? withoutComments(part) : part))
      .filter((part) => part !== '');
    return plain.length > manyParts ? joined(plain) : plain;
  }

  #variable(node: AstNode): string {
    const number = this.#shared.variables.get(node.span.offset) ?? 0;
    this.#shared.numbers.set(node, number);
    return `?${number}`;
  }

  #variables(list: readonly AstNode[]): Hole {
    const offset = (list[0] as AstNode).span.offset;
    let text = '';
    let at = offset;
    for (const node of list) {
      text += this.#sql.slice(at, node.span.offset) + this.#variable(node);
      at = node.span.offset + node.span.length;
    }
    return { span: { offset, length: at - offset }, parts: [text] };
  }

  /** What gives another value each time, and what belongs to another query. */
  #refuse(node: AstNode, scope: Scope): void {
    switch (node.type) {
      case 'CurrentDateLiteral':
      case 'CurrentTimeLiteral':
      case 'CurrentTimestampLiteral':
        throw new Unresolved('it reads the clock');
      case 'InTableExpr':
        throw new Unresolved('IN names a table');
      case 'RaiseExpr':
        throw new Unresolved('RAISE belongs into triggers');
      case 'LikeExpr':
        if (node.op === 'Match' || node.op === 'Regexp') throw new Unresolved(`${node.op} can't be followed`);
        return;
      case 'FunctionCallExpr':
      case 'FunctionCallStarExpr': {
        const name = foldName(node.name.name);
        const args = node.type === 'FunctionCallExpr' ? (node.args ?? []) : [];
        if (!this.#shared.schema.functions.isDeterministic(name))
          throw new Unresolved(`${name}() may give another value each time`);
        if (node.type === 'FunctionCallExpr' && isTimeFunction(name)) this.#shared.timeCalls.add(node);
        if (node.filterOver?.overClause || !this.#shared.schema.functions.isAggregate(name, args.length))
          return;
        this.#own(node, scope);
      }
    }
  }

  /** An aggregate belongs to the innermost query that one of its columns comes from, else to its own. */
  #own(call: AstNode, scope: Scope): void {
    let inner = false;
    let outer = false;
    traverse(call, {
      enter: (node, parent) => {
        if (node.type === 'Select') return 'skip';
        if (node.type !== 'Id' && node.type !== 'QualifiedExpr') return 'continue';
        if (isFunctionName(node, parent)) return 'skip';
        const found = findName(node, this.#slice(node.span), scope, false);
        if (found === null) return 'skip';
        const isOwn = 'alias' in found || (found.ref ? ownedBy(found.ref.relation, scope) : true);
        if (isOwn) inner = true;
        else outer = true;
        return 'skip';
      },
    });
    if (outer && !inner) throw new Unresolved('an aggregate in a subquery belongs to the query around it');
    scope.aggregates = true;
  }

  #name(node: NameNode, scope: Scope, merged: Operand[]): readonly Part[] | null {
    const found = findName(node, this.#slice(node.span), scope);
    // A name in double quotes that is none is text; it must not become one of the names that we add.
    if (found === null && /^true|false$/i.test(this.#slice(node.span))) return null;
    if (found === null) return [`'${(node.type === 'Id' ? node.name : '').replaceAll("'", "''")}'`];
    const operand = 'alias' in found ? found.alias : found;
    if (operand.merged) merged.push(operand);
    if ('alias' in found) return ['(', ...found.alias.text, ')'];
    if (found.ref) this.#shared.bindings.set(node, found.ref);
    return found.ref ? [found.ref] : found.text;
  }

  #slice({ offset, length }: Span): string {
    return this.#sql.slice(offset, offset + length);
  }
}

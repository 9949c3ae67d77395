/**
 * Where the rows of a user's SELECT get their keys from, as hidden columns spliced into the user's own text.
 * Guarantees that a spliced query returns the same rows with unique keys behind them; whatever is in doubt has
 * no key ('content'). The hard part is to resolve names (aliases, CTEs, the owner of an aggregate) as SQLite
 * does. No AST is printed back: text is inserted at spans. Of a list element's span only the end is right,
 * since it starts where its list starts; expression and name spans are exact, and count UTF-16 units.
 */
import {
  type AstNode,
  type Expr,
  type FromClause,
  type FunctionCallExpr,
  type FunctionCallStarExpr,
  type Id,
  type QualifiedExpr,
  type ResultColumn,
  type Select,
  type SelectFrom,
  type SortedColumn,
  type Span,
  traverse,
} from 'sqlite3-parser';
import { parseQuery } from './query/parsed-query.ts';

/** A base table, as far as keys need it. */
export interface TableShape {
  readonly name: string;
  /** How the row is identified; null: WITHOUT ROWID, or all three names are taken by columns. */
  readonly rowid: 'rowid' | '_rowid_' | 'oid' | null;
  /** In key order; used when `rowid` is null and the table is WITHOUT ROWID. Empty: no usable key. */
  readonly primaryKey: readonly string[];
  readonly columns: readonly string[];
}

/** What the schema says. Names come dequoted, in the user's case; compare them ASCII case-insensitively. */
export interface KeyCatalog {
  /** Undefined for views, virtual tables, table-valued functions and unknown names. */
  table(schema: string | undefined, name: string): TableShape | undefined;
  /** User-defined ones included; max and min only with one argument. `count(*)` has no argument. */
  isAggregate(functionName: string, argumentCount: number): boolean;
}

export type RowKeyPlan =
  /** The row keys of every base table in FROM were appended as the last `hidden` result columns. */
  | { readonly kind: 'row'; readonly sql: string; readonly hidden: number }
  /** The GROUP BY expressions were appended as the last `hidden` result columns. */
  | { readonly kind: 'group'; readonly sql: string; readonly hidden: number }
  /** An aggregate without GROUP BY, or no FROM: always at most one row, so the key is constant. */
  | { readonly kind: 'single' }
  /** No key: rows are told apart by content and occurrence. */
  | { readonly kind: 'content'; readonly reason: string };

/** One table of a FROM clause under the name by which its columns are reached. */
interface Source {
  readonly name: string;
  /** Undefined where the columns are not known: a view, a derived table, a CTE, a table-valued function. */
  readonly shape: TableShape | undefined;
  /** How many parenthesised join groups SQLite turns into subqueries around it. */
  readonly nesting: number;
}

type TableLookup = KeyCatalog['table'];

/** Plans the keys of `sql`, which SQLite has accepted. An unparsable text is 'content', never an error. */
export function planRowKeys(
  sql: string,
  catalog: KeyCatalog,
  select: Select | undefined = parseQuery(sql).select,
): RowKeyPlan {
  if (select === undefined) return content('it is not one SELECT statement');
  const core = select.select;
  if (select.compounds?.length) return content('a compound SELECT has no row keys');
  if (core.type === 'SelectValues') return content('VALUES has no row keys');
  if (core.from?.select === undefined) return { kind: 'single' };

  const sources = sourcesOf(
    core.from,
    visibleTables(
      select.with?.ctes.map((cte) => cte.tblName.text),
      catalog,
    ),
  );
  if (core.groupBy === undefined) {
    const aggregation = core.having === undefined ? aggregationOf(select, core, sources, catalog) : 'own';
    if (aggregation === 'own') return { kind: 'single' };
    if (aggregation === 'doubtful')
      return content('an aggregate in a subquery may belong to the outer query');
  }
  if (core.distinctness === 'Distinct') return content('DISTINCT merges rows');
  return core.groupBy === undefined
    ? planRows(sql, select, core, sources)
    : planGroups(sql, select, core, core.groupBy, sources);
}

/** Whether a top-level ORDER BY exists, on a compound or VALUES too. */
export function hasOuterOrder(sql: string, select: Select | undefined = parseQuery(sql).select): boolean {
  return (select?.orderBy?.length ?? 0) > 0;
}

function planRows(sql: string, select: Select, core: SelectFrom, sources: readonly Source[]): RowKeyPlan {
  const keys: string[] = [];
  const names = new Set<string>();
  for (const { name, shape, nesting } of sources) {
    if (shape === undefined) return content(`${name} is not a base table`);
    if (names.has(fold(name))) return content(`${name} is ambiguous: it stands for two tables`);
    names.add(fold(name));
    // SQLite carries the rowid out of one nested join group, not out of a group within a group.
    if (shape.rowid !== null && nesting > 1) return content(`the rowid of ${name} can't be reached`);
    const columns = shape.rowid === null ? shape.primaryKey : [shape.rowid];
    if (columns.length === 0) return content(`${name} has no usable key`);
    for (const column of columns) keys.push(`${quoteName(name)}.${quoteName(column)}`);
  }
  return { kind: 'row', hidden: keys.length, sql: splice(sql, select, core, keys, () => keys) };
}

function planGroups(
  sql: string,
  select: Select,
  core: SelectFrom,
  groupBy: readonly Expr[],
  sources: readonly Source[],
): RowKeyPlan {
  const texts: string[] = [];
  for (const term of groupBy) {
    const expression = groupExpression(term, core.columns, sources);
    if (expression === undefined) return content('a GROUP BY term may name a result column');
    if (!isRepeatable(expression)) return content('a GROUP BY term must not be evaluated twice');
    texts.push(textOf(sql, withoutParentheses(expression)));
  }
  const ordered = new Set<string>();
  for (const term of select.orderBy ?? []) {
    const expression = orderedExpression(term.expr, core.columns);
    if (expression !== undefined) ordered.add(textOf(sql, withoutParentheses(expression)));
  }
  const keys = texts.map((text) => `(${text})`);
  // By hidden name, because ORDER BY would take a bare column for an alias of the same name. Terms that are
  // there already are left out: repeated, they would cost SQLite the order that grouping gave for free.
  const tieBreaks = (hidden: readonly string[]) =>
    hidden.filter((_, index) => !ordered.has(texts[index] as string));
  return { kind: 'group', hidden: keys.length, sql: splice(sql, select, core, keys, tieBreaks) };
}

/** Appends `keys` to the result columns and, where rows are ordered, the tie-breaks to ORDER BY. */
function splice(
  sql: string,
  select: Select,
  core: SelectFrom,
  keys: readonly string[],
  tieBreaks: (hiddenNames: readonly string[]) => readonly string[],
): string {
  let prefix = '__freshet_k';
  while (fold(sql).includes(prefix)) prefix += '_';
  const names = keys.map((_, index) => `"${prefix}${index}"`);
  const lastColumn = core.columns.at(-1) as ResultColumn;
  const columns = keys.map((key, index) => `, ${key} AS ${names[index]}`).join('');
  const spliced = (text: string, at: number, inserted: string) =>
    text.slice(0, at) + inserted + text.slice(at);
  // From the back, so that the first insertion doesn't move the place of the second.
  const lastTerm = select.orderBy?.at(-1);
  const order = lastTerm?.order === 'Desc' ? ' DESC' : '';
  const terms = tieBreaks(names).map((term) => `, ${term}${order}`);
  const ordered = lastTerm === undefined ? sql : spliced(sql, endOf(lastTerm.span), terms.join(''));
  return spliced(ordered, endOf(lastColumn.span), columns);
}

/** The tables of a FROM clause, as SQLite flattens and names them. */
function sourcesOf(from: FromClause, table: TableLookup, nesting = 0): readonly Source[] {
  const tables = [from.select, ...(from.joins ?? []).map((join) => join.table)];
  return tables.flatMap((item, position): readonly Source[] => {
    if (item === undefined) return [];
    const alias = item.alias?.name.text;
    if (item.type === 'TableSelectTable') {
      const { dbName, objName } = item.tblName;
      return [{ name: alias ?? objName.text, shape: table(dbName?.text, objName.text), nesting }];
    }
    if (item.type === 'SubSelectTable' && alias === undefined) {
      // A group at the start is only parentheses; a later one becomes a subquery.
      if (position === 0) return sourcesOf(item.from, table, nesting);
      const inner = sourcesOf(item.from, table, nesting + 1);
      // Of `JOIN (t AS a)` SQLite forgets the alias.
      return inner.length > 1 ? inner : inner.map((source) => ({ ...source, shape: undefined }));
    }
    const name = item.type === 'TableCallSelectTable' ? item.tblName.objName.text : 'a derived table';
    return [{ name: alias ?? name, shape: undefined, nesting }];
  });
}

/** The catalog, except where a WITH name shadows a table. */
function visibleTables(cteNames: readonly string[] | undefined, catalog: KeyCatalog): TableLookup {
  const shadowed = new Set(cteNames?.map(fold));
  return (schema, name) =>
    schema === undefined && shadowed.has(fold(name)) ? undefined : catalog.table(schema, name);
}

type AggregateCall = FunctionCallExpr | FunctionCallStarExpr;

/**
 * Whether the core is an aggregate query. SQLite decides that by its result columns; an aggregate in a subquery
 * belongs to the innermost query that one of its columns comes from, else to the one that it stands in.
 */
function aggregationOf(
  select: Select,
  core: SelectFrom,
  top: readonly Source[],
  catalog: KeyCatalog,
): 'none' | 'own' | 'doubtful' {
  const cteNames: string[] = [];
  traverse(select, { nodes: { CommonTableExpr: (cte) => void cteNames.push(cte.tblName.text) } });
  const table = visibleTables(cteNames, catalog);
  let own = false;
  let doubtful = false;

  /** `inner` holds the sources of the subqueries around `root`, the outermost first. */
  const search = (root: AstNode, inner: readonly (readonly Source[])[], isResult = false): void =>
    traverse(root, {
      enter(node, parent) {
        if (node.type === 'Select') {
          // A derived table doesn't see the tables beside it.
          searchSelect(node, parent?.type === 'SelectSelectTable' ? inner.slice(0, -1) : inner);
          return 'skip';
        }
        if (
          (node.type === 'FunctionCallExpr' || node.type === 'FunctionCallStarExpr') &&
          isAggregate(node, catalog)
        ) {
          if (inner.length > 0) doubtful ||= mayBelongTo(top, node, inner);
          else if (isResult) own = true;
          else doubtful = true;
        }
        return 'continue';
      },
    });
  const searchSelect = (nested: Select, outer: readonly (readonly Source[])[]): void => {
    for (const cte of nested.with?.ctes ?? []) searchSelect(cte.select, outer);
    const cores = [nested.select, ...(nested.compounds ?? []).map((compound) => compound.select)];
    const scopes = cores.map((arm) => [
      ...outer,
      arm.type === 'SelectFrom' && arm.from !== undefined ? sourcesOf(arm.from, table) : [],
    ]);
    for (const [index, arm] of cores.entries()) search(arm, scopes[index] ?? outer);
    for (const term of nested.orderBy ?? []) search(term, scopes[0] ?? outer);
  };

  // Elsewhere in the core SQLite refuses aggregates of its own, or has them make no difference.
  for (const column of core.columns) search(column, [], true);
  for (const definition of core.windowClause ?? []) search(definition, []);
  return own ? 'own' : doubtful ? 'doubtful' : 'none';
}

function isAggregate(call: AggregateCall, catalog: KeyCatalog): boolean {
  if (call.filterOver?.overClause !== undefined) return false;
  const count = call.type === 'FunctionCallExpr' ? (call.args?.length ?? 0) : 0;
  return catalog.isAggregate(call.name.name, count);
}

function mayBelongTo(
  top: readonly Source[],
  call: AggregateCall,
  inner: readonly (readonly Source[])[],
): boolean {
  let doubtful = false;
  let certain = false;
  visitColumns(call, (node) => {
    if (node.type === 'Select') {
      doubtful = true;
    } else if (inner.some((scope) => scope.some((source) => certainlyHas(source, node)))) {
      certain = true;
    } else if (top.some((source) => mayHave(source, node))) {
      doubtful = true;
    } else if (node.type === 'QualifiedExpr') {
      certain = true;
    }
    // What is left is in neither: a column of an inner derived table, or a constant such as `true`.
  });
  return doubtful && !certain;
}

function certainlyHas({ name, shape }: Source, column: Id | QualifiedExpr): boolean {
  if (shape === undefined) return false;
  if (column.type === 'Id') return hasName(shape.columns, column.name);
  const table = column.table.text;
  return (
    column.schema === undefined && fold(table) === fold(name) && mayHave({ name, shape, nesting: 0 }, column)
  );
}

function mayHave({ name, shape }: Source, column: Id | QualifiedExpr): boolean {
  const columnName = column.type === 'Id' ? column.name : column.column.text;
  if (column.type === 'QualifiedExpr' && fold(column.table.text) !== fold(name)) return false;
  return (
    shape === undefined || hasName(shape.columns, columnName) || (shape.rowid !== null && isRowid(columnName))
  );
}

/**
 * The expression that a GROUP BY term stands for and that means the same in the select list; undefined in doubt.
 * GROUP BY looks a name up in FROM first and then among the aliases, inside of expressions too; the select list
 * sees no aliases. An integer is the number of a result column.
 */
function groupExpression(
  term: Expr,
  columns: readonly ResultColumn[],
  sources: readonly Source[],
): Expr | undefined {
  const plain = withoutParentheses(term);
  if (plain.type === 'NumericLiteral') return numberedColumn(plain.value, columns);
  if (innermost(plain).type === 'NumericLiteral') return undefined;
  if (plain.type === 'Id') {
    const aliased = aliasedColumns(plain.name, columns);
    if (aliased.length === 0 || isColumn(plain.name, aliased, sources)) return term;
    const isUnknown = sources.some((source) => mayHave(source, plain));
    return isUnknown || aliased.length > 1 ? undefined : aliased[0];
  }
  let isAliased = false;
  visitColumns(plain, (node) => {
    if (node.type !== 'Id') return;
    const aliased = aliasedColumns(node.name, columns);
    isAliased ||= aliased.length > 0 && !isColumn(node.name, aliased, sources);
  });
  return isAliased ? undefined : term;
}

/** Whether `name`, which is an alias as well, certainly is a column: in the catalog, or because it is selected. */
function isColumn(name: string, aliased: readonly Expr[], sources: readonly Source[]): boolean {
  if (sources.some(({ shape }) => shape !== undefined && hasName(shape.columns, name))) return true;
  return aliased.some((expression) => {
    const column = withoutParentheses(expression);
    if (column.type === 'Id') return fold(column.name) === fold(name);
    return column.type === 'QualifiedExpr' && fold(column.column.text) === fold(name);
  });
}

/** What an ORDER BY term stands for: a result column by number or alias, which comes before a column's name. */
function orderedExpression(term: SortedColumn['expr'], columns: readonly ResultColumn[]): Expr | undefined {
  const plain = withoutParentheses(term);
  if (plain.type === 'NumericLiteral') return numberedColumn(plain.value, columns);
  if (plain.type !== 'Id') return plain;
  // The columns that `*` stands for compete with aliases.
  if (columns.some((column) => column.type !== 'ExprResultColumn')) return undefined;
  return aliasedColumns(plain.name, columns)[0] ?? plain;
}

function numberedColumn(digits: string, columns: readonly ResultColumn[]): Expr | undefined {
  if (!/^\d+$/.test(digits)) return undefined;
  const upTo = columns.slice(0, Number(digits));
  if (upTo.length !== Number(digits)) return undefined;
  const last = upTo.every((column) => column.type === 'ExprResultColumn') ? upTo.at(-1) : undefined;
  return last?.type === 'ExprResultColumn' ? last.expr : undefined;
}

function aliasedColumns(name: string, columns: readonly ResultColumn[]): readonly Expr[] {
  return columns.flatMap((column) =>
    column.type === 'ExprResultColumn' &&
    column.alias !== undefined &&
    fold(column.alias.name.text) === fold(name)
      ? [column.expr]
      : [],
  );
}

const REPEATABLE_FUNCTIONS: ReadonlySet<string> = new Set(
  `abs ceil ceiling char coalesce concat concat_ws exp floor format glob hex if ifnull iif instr json
  json_array_length json_extract json_type json_valid length like ln log log10 log2 lower ltrim max min mod
  nullif octet_length pow power printf quote replace round rtrim sign sqrt substr substring trim trunc typeof
  unhex unicode upper`.split(/\s+/),
);
/** Where the time value stands among the arguments; left out, or a string such as 'now', it may be the clock. */
const TIME_ARGUMENT: ReadonlyMap<string, number> = new Map([
  ...['date', 'time', 'datetime', 'julianday', 'unixepoch'].map((name) => [name, 0] as const),
  ['strftime', 1],
]);

/** Whether a copy of `expression` in the select list certainly has the value that rows were grouped by. */
function isRepeatable(expression: Expr): boolean {
  let repeatable = true;
  traverse(expression, {
    enter(node) {
      switch (node.type) {
        case 'FunctionCallExpr': {
          const name = fold(node.name.name);
          const time = node.args?.[TIME_ARGUMENT.get(name) ?? -1];
          const known =
            REPEATABLE_FUNCTIONS.has(name) || (time !== undefined && time.type !== 'StringLiteral');
          if (!known) repeatable = false;
          break;
        }
        case 'LikeExpr':
          if (node.op === 'Match' || node.op === 'Regexp') repeatable = false;
          break;
        // A copied `?` would take a number of its own and shift the others.
        case 'VariableExpr':
        case 'FunctionCallStarExpr':
        case 'FunctionTail':
        case 'Select':
        case 'InTableExpr':
        case 'RaiseExpr':
        case 'CurrentDateLiteral':
        case 'CurrentTimeLiteral':
        case 'CurrentTimestampLiteral':
          repeatable = false;
          break;
      }
      return repeatable ? 'continue' : 'break';
    },
  });
  return repeatable;
}

/** Every column named in `root`, and each subquery, unentered. The parser has function names as `Id` too. */
function visitColumns(root: AstNode, visit: (node: Id | QualifiedExpr | Select) => void): void {
  traverse(root, {
    enter(node, parent) {
      const isCall = parent?.type === 'FunctionCallExpr' || parent?.type === 'FunctionCallStarExpr';
      if (node.type === 'QualifiedExpr' || node.type === 'Select') visit(node);
      else if (node.type === 'Id' && !(isCall && parent.name === node)) visit(node);
      return node.type === 'Select' ? 'skip' : 'continue';
    },
  });
}

function withoutParentheses(expression: Expr): Expr {
  const only =
    expression.type === 'ParenthesizedExpr' && expression.exprs.length === 1
      ? expression.exprs[0]
      : undefined;
  return only === undefined ? expression : withoutParentheses(only);
}

/** Under signs and COLLATE an integer still is the number of a result column. */
function innermost(expression: Expr): Expr {
  const plain = withoutParentheses(expression);
  const isWrapper = plain.type === 'CollateExpr' || (plain.type === 'UnaryExpr' && plain.op !== 'Not');
  return isWrapper ? innermost(plain.expr) : plain;
}

const content = (reason: string): RowKeyPlan => ({ kind: 'content', reason });
const endOf = (span: Span): number => span.offset + span.length;
const textOf = (sql: string, { span }: Expr): string => sql.slice(span.offset, endOf(span));
const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** Names compare without regard to ASCII case; other letters keep theirs. */
const fold = (name: string): string => name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
const hasName = (names: readonly string[], name: string): boolean =>
  names.some((candidate) => fold(candidate) === fold(name));
const isRowid = (name: string): boolean => ['rowid', '_rowid_', 'oid'].includes(fold(name));

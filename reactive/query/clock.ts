/**
 * Whether SQLite's date and time functions read the clock, or the time zone, in a query.
 *
 * They do for a time value `now` (or `subsec` alone, or none at all) and for the modifiers `localtime` and `utc`,
 * wherever these texts come from. Constants are judged here; what columns and parameters hold is for the caller to
 * check, with `mayReadClock`. An expression that could make one of those texts from others is `Unresolved`.
 */
import type { AstNode, Expr, FunctionCallExpr, Select } from 'sqlite3-parser';
import type { TableInfo } from '../../core/catalog.ts';
import { affinityOf } from '../../core/sql/affinity.ts';
import { foldName } from '../../core/sql/identifier.ts';
import { withoutParentheses } from './expressions.ts';
import {
  type ClockColumn,
  type ClockSources,
  type Ref,
  type Relation,
  rowidColumn,
  Unresolved,
} from './model.ts';
import { rowidAlias } from './schema.ts';

/** Where the first time value stands among the arguments; a format stands before it. */
const timeFunctions: ReadonlyMap<string, number> = new Map([
  ['date', 0],
  ['time', 0],
  ['datetime', 0],
  ['julianday', 0],
  ['unixepoch', 0],
  ['strftime', 1],
  ['timediff', 0],
]);

export const isTimeFunction = (name: string): boolean => timeFunctions.has(foldName(name));

/** Results are one of the arguments, a part of one, or their text in other case. */
const passing = new Set(
  `coalesce first_value ifnull iif json_extract lag last_value lead lower ltrim max min nth_value nullif rtrim
  substr substring trim upper`.split(/\s+/),
);
/** Results are numbers, or texts made of digits. */
const harmless = new Set(
  `abs avg ceil ceiling count date datetime floor instr json_array_length julianday length mod pow power round
  row_number sign sum time timediff total trunc unicode unixepoch`.split(/\s+/),
);
const joining = new Set(['Concat', 'ArrowRight', 'ArrowRightShift']);

/** Whether a value can make a date function read the clock, as it is or as part of a longer one. */
export function mayReadClock(value: unknown): boolean {
  const text =
    value instanceof Uint8Array ? Array.from(value, (byte) => String.fromCharCode(byte)).join('') : value;
  // JSON may spell a letter with a backslash.
  return typeof text === 'string' && /now|sub|local|utc|\\/i.test(text);
}

/** Counts the rows whose column makes `mayReadClock` true, up to one. */
export function clockCheck(column: string, table: string): string {
  const text = `lower(CAST(${column} AS TEXT))`;
  const words = ['now', 'sub', 'local', 'utc', '\\'].map((word) => `instr(${text}, '${word}') > 0`);
  return `SELECT EXISTS (SELECT 1 FROM ${table} WHERE typeof(${column}) IN ('text', 'blob') AND (${words.join(' OR ')}))`;
}

interface Names {
  readonly bindings: ReadonlyMap<AstNode, Ref>;
  readonly numbers: ReadonlyMap<AstNode, number>;
}

/** @throws Unresolved where one of the calls reads the clock, or may. */
export function clockSources(calls: Iterable<FunctionCallExpr>, names: Names): ClockSources {
  const search = new ClockSearch(names);
  for (const call of calls) search.call(call);
  return { columns: [...search.columns.values()], parameters: [...search.parameters] };
}

class ClockSearch {
  readonly columns = new Map<string, ClockColumn>();
  readonly parameters = new Set<number>();
  readonly #names: Names;
  #function = '';

  constructor(names: Names) {
    this.#names = names;
  }

  call({ name, args = [] }: FunctionCallExpr): void {
    this.#function = foldName(name.name);
    const first = timeFunctions.get(this.#function) ?? 0;
    if (args.length <= first) this.#refuse();
    for (const [at, arg] of args.entries()) {
      // As a modifier it asks for fractions of seconds.
      const isSubsecond = at > first && arg.type === 'StringLiteral' && /^subsec(ond)?$/i.test(arg.value);
      if (at >= first && !isSubsecond) this.#value(arg);
    }
  }

  #refuse(): never {
    throw new Unresolved(`${this.#function}() may read the clock`);
  }

  #value(expr: Expr): void {
    const plain = withoutParentheses(expr);
    switch (plain.type) {
      case 'NumericLiteral':
      case 'NullLiteral':
      case 'BetweenExpr':
      case 'InListExpr':
      case 'InSelectExpr':
      case 'IsNullExpr':
      case 'NotNullExpr':
      case 'LikeExpr':
      case 'ExistsExpr':
        return;
      case 'StringLiteral':
        if (mayReadClock(plain.value)) this.#refuse();
        return;
      case 'VariableExpr':
        this.parameters.add(this.#names.numbers.get(plain) ?? 0);
        return;
      case 'Id':
      case 'QualifiedExpr':
        this.#ref(this.#names.bindings.get(plain));
        return;
      case 'CollateExpr':
        this.#value(plain.expr);
        return;
      case 'UnaryExpr':
        if (plain.op === 'Positive') this.#value(plain.expr);
        return;
      case 'CastExpr':
        if (/^(none|blob|text)$/.test(affinityOf(plain.typeName?.name ?? ''))) this.#value(plain.expr);
        return;
      case 'CaseExpr':
        for (const { then } of plain.whenThenPairs) this.#value(then);
        if (plain.elseExpr) this.#value(plain.elseExpr);
        return;
      case 'BinaryExpr':
        if (plain.op === 'Concat') this.#joined(plain);
        else if (joining.has(plain.op)) this.#value(plain.left);
        return;
      case 'SubqueryExpr':
        this.#select(plain.select);
        return;
      case 'FunctionCallStarExpr':
        return;
      case 'FunctionCallExpr': {
        const name = foldName(plain.name.name);
        const [format] = plain.args ?? [];
        if (harmless.has(name)) return;
        if (name === 'strftime' && format?.type === 'StringLiteral' && !mayReadClock(format.value)) return;
        if (!passing.has(name)) this.#refuse();
        for (const arg of plain.args ?? []) this.#value(arg);
        return;
      }
      default:
        this.#refuse();
    }
  }

  /** What begins with no letter is none of the texts; what goes on with none, only if its beginning is one. */
  #joined(expr: Expr): void {
    const [first, second] = leavesOf(expr);
    const begins = (leaf: Expr | undefined): boolean =>
      leaf?.type === 'StringLiteral' && /^[^a-z]/i.test(leaf.value);
    if (begins(first)) return;
    if (!first || !begins(second)) this.#refuse();
    this.#value(first);
  }

  #ref(ref: Ref | undefined): void {
    const of: Relation['of'] | undefined = ref?.relation.of;
    if (!ref || of?.kind === 'function' || !of) this.#refuse();
    if (of.kind === 'table') {
      if (holdsNumbers(of.table, ref.column)) return;
      this.columns.set(`${of.table.name}\0${ref.column}`, { table: of.table, column: ref.column });
      return;
    }
    for (const core of of.select.cores) {
      const output = core.outputs[ref.column];
      if (output?.ref) this.#ref(output.ref);
      else if (output?.expr && !core.values) this.#value(output.expr);
      else this.#refuse();
    }
  }

  #select({ select, compounds = [] }: Select): void {
    for (const arm of [select, ...compounds.map((compound) => compound.select)]) {
      const [column] = arm.type === 'SelectFrom' ? arm.columns : [];
      if (column?.type !== 'ExprResultColumn') this.#refuse();
      this.#value(column.expr);
    }
  }
}

function holdsNumbers(table: TableInfo, column: number): boolean {
  if (column === rowidColumn || column === rowidAlias(table)) return true;
  return table.strict && /^(int|integer|real)$/i.test(table.columns[column]?.declaredType ?? '');
}

function leavesOf(expr: Expr): Expr[] {
  const plain = withoutParentheses(expr);
  return plain.type === 'BinaryExpr' && plain.op === 'Concat'
    ? [...leavesOf(plain.left), ...leavesOf(plain.right)]
    : [plain];
}

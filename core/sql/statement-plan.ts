import {
  type AlterTableStmt,
  type DeleteStmt,
  type InsertStmt,
  parseStmt,
  type Stmt,
  type Token,
  tokenize,
  tokenName,
  traverse,
  type UpdateStmt,
} from 'sqlite3-parser';
import { ProgrammingError } from '../errors.ts';
import { type ParameterPlan, planParameters } from '../parameters.ts';
import { type ColumnPlace, columnPlaces } from './integer-places.ts';
import { parseFirst } from './parse.ts';

/** What a statement does to the transaction and to the schema; decides its way through the commit path. */
export type StatementKind =
  | 'select'
  | 'write'
  | 'schema'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'release'
  | 'rollback_to'
  | 'pragma'
  | 'explain'
  | 'other';

/** A statement as its text tells it, before SQLite has seen it. */
export interface StatementPlan {
  readonly sql: string;
  readonly kind: StatementKind;
  readonly parameters: ParameterPlan;
  /** Of SAVEPOINT, RELEASE and ROLLBACK TO; SQLite compares these without regard to ASCII case. */
  readonly savepoint?: string;
  /** The table that a write or ALTER TABLE names, and the database if it names that. */
  readonly target?: string;
  readonly targetSchema?: string;
  /** What ALTER TABLE renames it to. */
  readonly renamedTo?: string;
  /** It is an INSERT or REPLACE. */
  readonly inserts?: boolean;
  /** OR REPLACE, OR FAIL and so on, as the parser spells them. */
  readonly conflict?: string;
  /** Where it or the schema says REPLACE: it may delete rows that BEFORE triggers can't foresee. */
  readonly hidesReplaced?: boolean;
  /** By position: the columns beside which a parameter stands, if it stands nowhere else. */
  readonly places?: readonly (readonly ColumnPlace[])[];
  readonly pragma?: { readonly name: string; readonly hasValue: boolean };
  /** A pragma that may change what statements do; not one that moves a check to the commit. */
  readonly setsPragma?: boolean;
  /** A pragma that lets the schema's own tables be written, or reads them again. */
  readonly opensSchema?: boolean;
  /** VACUUM of the main database, in place. */
  readonly vacuums?: boolean;
  /** ATTACH or DETACH. */
  readonly attaches?: boolean;
  /** A write with RETURNING. */
  readonly returning: boolean;
  /** It mentions a table of the schema `sys`, which Freshet itself provides. */
  readonly sys: boolean;
}

const kinds: Readonly<Partial<Record<Stmt['type'], StatementKind>>> = {
  SelectStmt: 'select',
  InsertStmt: 'write',
  UpdateStmt: 'write',
  DeleteStmt: 'write',
  BeginStmt: 'begin',
  CommitStmt: 'commit',
  SavepointStmt: 'savepoint',
  ReleaseStmt: 'release',
  PragmaStmt: 'pragma',
  ExplainStmt: 'explain',
  AnalyzeStmt: 'schema',
  AlterTableStmt: 'schema',
  AttachStmt: 'schema',
  DetachStmt: 'schema',
  CreateIndexStmt: 'schema',
  CreateTableStmt: 'schema',
  CreateTriggerStmt: 'schema',
  CreateViewStmt: 'schema',
  CreateVirtualTableStmt: 'schema',
  DropIndexStmt: 'schema',
  DropTableStmt: 'schema',
  DropTriggerStmt: 'schema',
  DropViewStmt: 'schema',
  ReindexStmt: 'schema',
  VacuumStmt: 'schema',
};

/**
 * The plan of the one statement in `sql`.
 * @throws ProgrammingError for a second statement, which SQLite's own prepare would drop in silence.
 */
export function planStatement(sql: string): StatementPlan {
  const text = checkText(sql);
  const parsed = parseFirst(text);
  if (parsed.status === 'error') {
    refuseSecond(text);
    // SQLite has the last word on what is SQL; what only it understands takes the widest way.
    const parameters = planParameters(variablesOf(tokenize(text)).map(({ text }) => text));
    return { sql, kind: 'other', parameters, returning: false, sys: false };
  }
  refuseTrailing(text, parsed.tail);
  const statement = parsed.root;
  const variables = variablesOf(parsed.tokens ?? tokenize(text));
  const parameters = planParameters(variables.map(({ text }) => text));
  return {
    sql,
    kind:
      statement.type === 'RollbackStmt'
        ? statement.savepointName
          ? 'rollback_to'
          : 'rollback'
        : (kinds[statement.type] ?? 'other'),
    parameters,
    ...(parameters.style === 'positional' && { places: placesByPosition(variables, statement) }),
    returning: false,
    ...details(statement),
    sys: sql.toLowerCase().includes('sys') && mentionsSys(statement),
  };
}

function details(statement: Stmt): Partial<StatementPlan> {
  switch (statement.type) {
    case 'SavepointStmt':
    case 'ReleaseStmt':
      return { savepoint: statement.savepointName.text };
    case 'RollbackStmt':
      return statement.savepointName ? { savepoint: statement.savepointName.text } : {};
    case 'InsertStmt':
    case 'UpdateStmt':
      return {
        ...targetOf(statement),
        inserts: statement.type === 'InsertStmt',
        returning: statement.returning !== undefined,
        ...(statement.orConflict !== undefined && { conflict: statement.orConflict }),
        hidesReplaced: changesRowsUnseen(statement),
      };
    case 'PragmaStmt':
      return {
        pragma: { name: statement.name.objName.text, hasValue: statement.body !== undefined },
        setsPragma:
          statement.body !== undefined &&
          !/_(x?info|list|check)$|^defer_foreign_keys$/i.test(statement.name.objName.text),
        opensSchema: statement.body !== undefined && /^writable_schema$/i.test(statement.name.objName.text),
      };
    case 'AlterTableStmt':
      return {
        ...targetOf(statement),
        ...(statement.body.type === 'RenameToAlterTableBody' && { renamedTo: statement.body.name.text }),
      };
    case 'VacuumStmt':
      return {
        vacuums: statement.into === undefined && /^main$/i.test(statement.dbName?.text ?? 'main'),
      };
    case 'AttachStmt':
    case 'DetachStmt':
      return { attaches: true };
    case 'DeleteStmt':
      return { ...targetOf(statement), returning: statement.returning !== undefined };
    default:
      return {};
  }
}

function targetOf({
  tblName,
}: InsertStmt | UpdateStmt | DeleteStmt | AlterTableStmt): Partial<StatementPlan> {
  const { dbName, objName } = tblName;
  return { target: objName.text, ...(dbName && { targetSchema: dbName.text }) };
}

/** `UPDATE OF id` triggers don't fire for `SET rowid = ...`, nor can an upsert's own update be foreseen. */
function changesRowsUnseen(statement: InsertStmt | UpdateStmt): boolean {
  if (statement.type === 'InsertStmt') {
    return statement.body.type === 'SelectInsertBody' && statement.body.upsert !== undefined;
  }
  return statement.sets.some(({ colNames }) =>
    colNames.some(({ text }) => /^(rowid|_rowid_|oid)$/i.test(text)),
  );
}

interface Variable {
  readonly text: string;
  readonly offset: number;
}

function variablesOf(tokens: Iterable<Token>): Variable[] {
  const variables: Variable[] = [];
  for (const token of tokens) {
    if (tokenName(token.type) === 'VARIABLE') variables.push({ text: token.text, offset: token.span.offset });
  }
  return variables;
}

/** The places of each positional parameter; none where one of its uses is of another kind. */
function placesByPosition(variables: readonly Variable[], statement: Stmt): (readonly ColumnPlace[])[] {
  const placeAt = new Map(columnPlaces(statement).map((place) => [place.offset, place]));
  if (placeAt.size === 0) return [];
  const uses: (ColumnPlace | undefined)[][] = [];
  for (const { text, offset } of variables) {
    const position = text === '?' ? uses.length : Number(text.slice(1)) - 1;
    while (uses.length <= position) uses.push([]);
    uses[position]?.push(placeAt.get(offset));
  }
  return uses.map((places) =>
    places.includes(undefined) ? [] : places.filter((place) => place !== undefined),
  );
}

function refuseTrailing(sql: string, tail: number): void {
  if (isEmptyScript(sql.slice(tail))) return;
  throw new ProgrammingError(
    'Only one statement can be executed at a time. Run a script with exec(), or each statement by itself.',
    { code: 'SQL', subcode: 'sql.multiple_statements', sqlstate: '42601' },
  );
}

/** Of a text that can't be parsed as a whole, the beginning may be a statement: SQLite would run that. */
function refuseSecond(sql: string): void {
  for (const { type, span } of tokenize(sql)) {
    if (tokenName(type) !== 'SEMI') continue;
    const tail = span.offset + span.length;
    if (parseStmt(sql.slice(0, tail)).status === 'ok') refuseTrailing(sql, tail);
  }
}

function mentionsSys(statement: Stmt): boolean {
  let found = false;
  traverse(statement, {
    nodes: {
      TableSelectTable(node) {
        if (node.tblName.dbName?.text.toLowerCase() !== 'sys') return 'continue';
        found = true;
        return 'break';
      },
    },
  });
  return found;
}

/**
 * SQL as the parser takes it. SQLite reads a byte order mark as a blank wherever it stands; at a NUL it stops reading, and so
 * would drop in silence what follows.
 */
function checkText(sql: unknown): string {
  if (typeof sql !== 'string') {
    throw new ProgrammingError(`SQL is text, not ${sql === null ? 'null' : typeof sql}.`, {
      code: 'SQL',
      subcode: 'sql.not_text',
    });
  }
  if (sql.includes('\u0000')) {
    throw new ProgrammingError('The SQL holds a NUL character, where SQLite would stop reading.', {
      code: 'SQL',
      subcode: 'sql.syntax',
      sqlstate: '42601',
    });
  }
  if (!sql.isWellFormed()) {
    throw new ProgrammingError('The SQL holds a lone surrogate, which has no UTF-8 form.', {
      code: 'SQL',
      subcode: 'sql.syntax',
      sqlstate: '42601',
    });
  }
  return sql.replaceAll('\ufeff', ' ');
}

/** The statements of a script, one text each; what follows an unparsable one stays together. */
export function* splitScript(script: string): Generator<string> {
  const text = checkText(script);
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const parsed = parseStmt(rest, { allowTrailing: true });
    if (parsed.status === 'error') {
      if (!isEmptyScript(rest)) yield script.slice(at);
      return;
    }
    yield script.slice(at, at + parsed.tail);
    at += parsed.tail;
  }
}

/** Nothing but blanks, comments and semicolons. */
export function isEmptyScript(script: string): boolean {
  for (const token of tokenize(script.replaceAll('\ufeff', ' '))) {
    if (token.text !== '' && tokenName(token.type) !== 'SEMI') return false;
  }
  return true;
}

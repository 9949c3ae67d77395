import { freeName, quoted } from './names.ts';
import type { Random } from './random.ts';
import { type Constant, hostileValues, lists, nothing, reals, smallInteger, texts } from './values.ts';

export type Affinity = 'integer' | 'text' | 'real' | 'numeric' | 'blob';
export type Collation = 'BINARY' | 'NOCASE' | 'RTRIM';

/** What the generators put into a column; it decides what may be asked of it. Sums of `small` are exact. */
export type Flavour = 'key' | 'small' | 'text' | 'real' | 'any' | 'json';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly affinity: Affinity;
  readonly collation: Collation;
  readonly flavour: Flavour;
  /** The only values that the generators put in; without it the flavour decides. */
  readonly domain?: readonly Constant[] | undefined;
  readonly generated: boolean;
  /** Everything behind the type: constraints, DEFAULT, REFERENCES, GENERATED. */
  readonly constraints: string;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** The declared primary key, or nothing. */
  readonly key: readonly string[];
  /** The name by which the rowid can be reached. */
  readonly rowid: string | null;
  readonly keyKind: string;
  /** A primary key of several columns. */
  readonly constraint?: string | undefined;
  /** WITHOUT ROWID, STRICT. */
  readonly options: string;
  /** It has more rows than a window keeps in reserve. */
  readonly tall?: boolean;
  /** The schema that it is in, where that isn't `main`. */
  readonly home?: 'temp' | 'other';
  /** Its key tells apart values that its columns hold equal, or the other way round. */
  readonly isSharp?: boolean;
  /** An ingredient made it. */
  readonly isSpecial?: boolean;
}

/** The statement that makes the table. */
export function createTable({ name, columns, constraint, options, home }: Table, temp = ''): string {
  const lines = columns.map((c) =>
    `${quoted(c.name)} ${c.type} ${c.constraints}`.trimEnd().replace(/ {2,}/g, ' '),
  );
  if (constraint) lines.push(constraint);
  const place = temp === '' && home ? `${home}.` : '';
  return `CREATE ${temp}TABLE ${place}${quoted(name)} (${lines.join(', ')}) ${options}`.trimEnd();
}

export interface Schema {
  /** Nothing in the schema makes commits lose row detail, and values meet: see tame-schema.ts. */
  readonly tame: boolean;
  readonly tables: readonly Table[];
  readonly indexes: readonly string[];
  readonly triggers: readonly string[];
}

interface KeyPlan {
  readonly kind: string;
  readonly columns: readonly Column[];
  readonly constraint?: string;
  readonly withoutRowid?: boolean;
}

/** SQLite's rules of type affinity, in SQLite's order. */
export function affinityOf(type: string): Affinity {
  if (/INT/i.test(type)) return 'integer';
  if (/CHAR|CLOB|TEXT/i.test(type)) return 'text';
  if (/BLOB|^$|^ANY STRICT$/i.test(type)) return 'blob';
  if (/REAL|FLOA|DOUB/i.test(type)) return 'real';
  return 'numeric';
}

export function column(
  name: string,
  type: string,
  flavour: Flavour,
  constraints = '',
  domain?: readonly Constant[],
): Column {
  const collation = /COLLATE (NOCASE|RTRIM)/.exec(constraints)?.[1] ?? 'BINARY';
  const generated = constraints.includes('GENERATED');
  return {
    name,
    type,
    affinity: affinityOf(type),
    collation: collation as Collation,
    flavour,
    domain,
    generated,
    constraints,
  };
}

/** A constant for the column, mostly of its flavour. Keys are drawn from few values, so that rows meet. */
export function valueFor(random: Random, target: Pick<Column, 'flavour' | 'affinity' | 'domain'>): Constant {
  if (target.domain) return random.pick(target.domain);
  if (random.chance(0.02)) return nothing;
  switch (target.flavour) {
    case 'key':
      return target.affinity === 'text' || target.affinity === 'blob'
        ? keyText(random, target.affinity)
        : keyNumber(random);
    case 'small':
      return random.chance(0.15) ? nothing : smallInteger(random, random.chance(0.05) ? 9 : 4);
    case 'text':
      return random.chance(0.1) ? nothing : random.pick(texts);
    case 'real':
      return random.pick(reals);
    case 'json':
      return random.chance(0.15) ? nothing : random.pick(lists);
    case 'any':
      return random.pick(hostileValues);
  }
}

function keyNumber(random: Random): Constant {
  const value = random.between(1, 10);
  return { sql: String(value), value };
}

function keyText(random: Random, affinity: Affinity): Constant {
  return random.pick(affinity === 'blob' ? [...texts, ...hostileValues] : texts);
}

function keyPlan(random: Random, names: (wanted: string) => string): KeyPlan {
  const conflict = random.chance(0.1)
    ? ` ON CONFLICT ${random.pick(['REPLACE', 'IGNORE', 'FAIL', 'ROLLBACK'])}`
    : '';
  const collate = random.pick(['', '', ' COLLATE NOCASE', ' COLLATE RTRIM']);
  const single = (kind: string, type: string, constraints: string, withoutRowid = false): KeyPlan => ({
    kind,
    columns: [column(names('id'), type, 'key', constraints)],
    withoutRowid,
  });
  const pair = (kind: string, withoutRowid: boolean): KeyPlan => {
    const columns = [column(names('id'), random.pick(['INT', 'TEXT', '']), 'key', 'NOT NULL')];
    columns.push(column(names('part'), random.pick(['INTEGER', 'TEXT']), 'small', collate.trim()));
    return {
      kind,
      columns,
      withoutRowid,
      constraint: `PRIMARY KEY (${columns.map((c) => quoted(c.name)).join(', ')})`,
    };
  };
  return random.weighted<() => KeyPlan>([
    [
      3,
      () => ({
        kind: 'no declared key',
        columns: [column(names('id'), random.pick(['INT', 'TEXT', '']), 'key')],
      }),
    ],
    [5, () => single('INTEGER PRIMARY KEY', 'INTEGER', `PRIMARY KEY${conflict}`)],
    [2, () => single('AUTOINCREMENT', 'INTEGER', 'PRIMARY KEY AUTOINCREMENT')],
    [2, () => single('TEXT PRIMARY KEY', 'TEXT', `PRIMARY KEY${conflict}${collate}`)],
    [1, () => single('untyped PRIMARY KEY', random.pick(['', 'BLOB']), 'PRIMARY KEY')],
    [1, () => single('INT PRIMARY KEY', 'INT', `PRIMARY KEY${conflict}`)],
    // No alias of the rowid. Its NULLs would be overlooked by SQLite's NOT IN, as with other descending indexes.
    [1, () => single('INTEGER PRIMARY KEY DESC', 'INTEGER', 'PRIMARY KEY DESC NOT NULL')],
    [2, () => pair('composite PRIMARY KEY', false)],
    [1, () => pair('composite WITHOUT ROWID', true)],
    [1, () => single('WITHOUT ROWID', random.pick(['INTEGER', 'TEXT']), 'PRIMARY KEY', true)],
    [1, () => single('WITHOUT ROWID NOCASE', 'TEXT', 'PRIMARY KEY COLLATE NOCASE', true)],
  ])();
}

/** REFERENCES to a table with a key of one column, itself included, or to nothing: most joins are undeclared. */
function reference(random: Random, tables: readonly Table[], own: KeyPlan, ownName: string): Column | null {
  const parents = tables.map((table) => ({
    name: table.name,
    key: table.columns.filter((c) => table.key.includes(c.name)),
  }));
  if (own.kind !== 'no declared key') parents.push({ name: ownName, key: [...own.columns] });
  const parent = random.pick([...parents.filter(({ key }) => key.length === 1), null]);
  const target = parent?.key[0];
  if (!parent || !target) return null;
  const collate = target.collation === 'BINARY' ? '' : `COLLATE ${target.collation}`;
  if (random.chance(0.4)) return column('parent', target.type, 'key', collate);
  const actions = ['CASCADE', 'CASCADE', 'RESTRICT', 'NO ACTION', 'SET NULL', 'SET DEFAULT'];
  // SQLite 3.53 lets REPLACE break a reference to its own table that is ON DELETE SET NULL or SET DEFAULT, unless the
  // table has an UPDATE trigger: there Freshet, with its triggers, refuses what SQLite alone should.
  const onDelete = random.pick(parent.name === ownName ? actions.slice(0, 4) : actions);
  const deferred = random.chance(0.4) ? ' DEFERRABLE INITIALLY DEFERRED' : '';
  const rules = `ON DELETE ${onDelete} ON UPDATE ${random.pick(actions)}${deferred}`;
  return column(
    'parent',
    target.type,
    'key',
    `${collate} REFERENCES ${quoted(parent.name)} (${quoted(target.name)}) ${rules}`,
  );
}

function payload(random: Random, names: (wanted: string) => string, strict: boolean): Column[] {
  const collate = random.pick(['', '', '', 'COLLATE NOCASE', 'COLLATE RTRIM']);
  const unique = random.weighted([
    [20, ''],
    [1, 'UNIQUE'],
    [1, 'UNIQUE ON CONFLICT REPLACE'],
    [1, 'UNIQUE ON CONFLICT IGNORE'],
  ]);
  const small = names('g');
  const check = random.pick([
    '',
    '',
    `CHECK (${quoted(small)} IS NULL OR ${quoted(small)} < 9)`,
    'NOT NULL DEFAULT 0',
    'NOT NULL ON CONFLICT REPLACE DEFAULT 1',
  ]);
  const columns = [column(small, 'INTEGER', 'small', check)];
  const text = names('name');
  if (random.chance(0.7)) columns.push(column(text, 'TEXT', 'text', `${collate} ${unique}`.trim()));
  const any = strict
    ? ['ANY', 'ANY', 'TEXT', 'INT']
    : ['', 'BLOB', 'NUMERIC', 'TEXT', 'INT', 'REAL', 'TEXT COLLATE NOCASE'];
  if (random.chance(0.8)) {
    const type = random.pick(any);
    const [base = '', collation = ''] = type.split(/ (?=COLLATE)/);
    const untyped = strict && base === 'ANY' ? 'ANY STRICT' : base;
    columns.push({ ...column(names('x'), base, 'any', collation), affinity: affinityOf(untyped) });
  }
  if (random.chance(0.25)) columns.push(column(names('price'), 'REAL', 'real'));
  if (random.chance(0.3)) columns.push(column(names('tags'), 'TEXT', 'json'));
  if (random.chance(0.3)) columns.push(column(names('n'), 'INT', 'small', random.pick(['', 'DEFAULT 3'])));
  if (random.chance(0.2)) {
    const kind = random.pick(['VIRTUAL', 'STORED']);
    columns.push(
      column(names('gen'), 'INTEGER', 'small', `GENERATED ALWAYS AS (${quoted(small)} * 2 - 1) ${kind}`),
    );
  }
  return columns;
}

/** A table of a random kind; `tables` are those that it may refer to. */
export function makeTable(random: Random, tables: readonly Table[], wanted: string): Table {
  const name = freeName(
    random,
    wanted,
    tables.map((table) => table.name),
  );
  const taken: string[] = [];
  const names = (column: string) => {
    taken.push(freeName(random, column, taken, 0.05));
    return taken[taken.length - 1] as string;
  };
  const strict = random.chance(0.12);
  let plan = keyPlan(random, names);
  if (strict)
    plan = { ...plan, columns: plan.columns.map((c) => (c.type === '' ? { ...c, type: 'ANY' } : c)) };
  const columns = [...plan.columns, ...payload(random, names, strict)];
  const parent = random.chance(0.7) ? reference(random, tables, plan, name) : null;
  if (parent && !(strict && parent.type === '')) columns.push({ ...parent, name: names('parent') });
  if (random.chance(0.03))
    columns.push(...random.times(70, (i) => column(names(`wide${i}`), strict ? 'INT' : '', 'small')));
  if (random.chance(0.02))
    columns.push(...['rowid', 'oid', '_rowid_'].map((c) => column(names(c), 'INT', 'small')));
  if (random.chance(0.1)) columns.reverse();
  return {
    name,
    columns,
    key: plan.kind === 'no declared key' ? [] : plan.columns.map((c) => c.name),
    rowid: plan.withoutRowid ? null : rowidName(columns),
    keyKind: `${plan.kind}${strict ? ' STRICT' : ''}`,
    constraint: plan.constraint,
    options: [plan.withoutRowid && 'WITHOUT ROWID', strict && 'STRICT'].filter(Boolean).join(', '),
  };
}

/** `rowid`, or another name of it where a column hides that one. */
export function rowidName(columns: readonly Pick<Column, 'name'>[]): string | null {
  const hidden = columns.map((c) => c.name.toLowerCase());
  return ['rowid', '_rowid_', 'oid'].find((name) => !hidden.includes(name)) ?? null;
}

import type { Params } from '../../core/values.ts';
import type { Ingredient } from './ingredients/ingredient.ts';
import { quoted, written } from './names.ts';
import type { Random } from './random.ts';
import type { Affinity, Collation, Flavour, Schema, Table } from './schema.ts';
import { type Constant, hostileValues } from './values.ts';

/**
 * How much of an output column SQLite itself fixes (section 9 of maintaining-sql.md):
 * - exact: the value, 5 and 5.0 being one;
 * - approximate: a REAL sum, whose last bits depend on the order of the scan;
 * - folded: any of several values that are equal under a collation;
 * - parts: a concatenation in any order;
 * - any: not at all (bare columns).
 */
export type Tag = 'exact' | 'approximate' | 'folded' | 'parts' | 'any';

/** A column of a base table. */
export interface Place {
  readonly table: string;
  readonly column: string;
}

/** Where changes hurt: what a query joins by, and what decides groups, order and presence of its rows. */
export interface Hints {
  readonly links: readonly (readonly [Place, Place])[];
  readonly places: readonly Place[];
  readonly sets: readonly SmallSet[];
}

/** What `member` holds where `by` is `value`: few rows, at times none. */
export interface SmallSet {
  readonly member: Place;
  readonly by: Place;
  /** A literal. */
  readonly value: string;
}

/** A column of some relation, as the expressions above it may use it. */
export interface RelationColumn {
  readonly name: string;
  readonly affinity: Affinity;
  readonly collation: Collation;
  readonly flavour: Flavour;
  /** The values that it mostly holds, where they are few. */
  readonly domain?: readonly Constant[] | undefined;
  /** The column that it shows unchanged, where it does. */
  readonly origin?: Place | undefined;
  readonly tag: Tag;
  /** Whether expressions over it are determinate: one storage class, one spelling. */
  readonly clean: boolean;
}

/** Whether equal values of the column are spelt alike: no collation folds them, and none is 5 where another is 5.0. */
export const oneSpelling = (c: RelationColumn): boolean =>
  c.collation === 'BINARY' && (c.affinity !== 'blob' || c.flavour === 'small' || c.flavour === 'real');

/** A column in reach of an expression. */
export interface Operand extends RelationColumn {
  readonly sql: string;
}

/** Something to select from: a table, view, derived table, CTE or table-valued function. */
export interface Source {
  /** As it stands behind FROM or JOIN. */
  readonly text: string;
  readonly operands: readonly Operand[];
  /** Expressions that identify a row; null where none does. */
  readonly keys: readonly Operand[] | null;
}

export interface View {
  readonly name: string;
  readonly columns: readonly RelationColumn[];
  /** Columns that identify a row; null where none does. */
  readonly keys: readonly string[] | null;
  /** The SELECT behind AS. */
  readonly body: string;
  readonly features: readonly string[];
}

export interface Catalog extends Schema {
  readonly views: readonly View[];
  /** What the case has beside what every case is made of. */
  readonly ingredients: readonly Ingredient[];
  /** These are what the case is about: queries and steps are mostly theirs. */
  readonly focused: boolean;
}

/** Where in a query an expression stands. */
export type Clause = 'SELECT' | 'WHERE' | 'ON' | 'HAVING' | 'ORDER BY';

export type ParameterStyle = 'none' | 'anonymous' | 'numbered' | 'dollar' | 'named';

const marker = /\ue000(\d+)\ue000/g;

/** What one query's generation shares: chance, the schema, the parameters so far, and what was used. */
export class Grammar {
  readonly random: Random;
  readonly catalog: Catalog;
  readonly features = new Set<string>();
  /** `name AS (SELECT ...)` in front of the query. */
  readonly withs: string[] = [];
  readonly #style: ParameterStyle;
  readonly #prefix: string;
  readonly #values: Constant[] = [];
  readonly #aliases: string[] = [];
  readonly #tables = new Set<string>();
  readonly #links: (readonly [Place, Place])[] = [];
  readonly #places: Place[] = [];
  readonly #sets: SmallSet[] = [];
  #clause: Clause = 'WHERE';

  /** `prefix` begins the names of output columns, so that those of a view differ from those of a query over it. */
  constructor(random: Random, catalog: Catalog, style: ParameterStyle, prefix = 'c') {
    this.random = random;
    this.catalog = catalog;
    this.#style = style;
    this.#prefix = prefix;
  }

  /** Notes a construct for the histogram. */
  use(feature: string): void {
    this.features.add(feature);
  }

  /** Generates within a clause of the outermost query, so that subqueries are counted by their place. */
  within<T>(clause: Clause, make: () => T): T {
    const outer = this.#clause;
    this.#clause = clause;
    try {
      return make();
    } finally {
      this.#clause = outer;
    }
  }

  /** Notes that a table is read: a second occurrence is a construct of its own, wherever it stands. */
  readTable(name: string): void {
    if (this.#tables.has(name)) this.use('a table twice');
    this.#tables.add(name);
  }

  get hints(): Hints {
    return { links: [...this.#links], places: [...this.#places], sets: [...this.#sets] };
  }

  /** Notes that the query joins or correlates by these. */
  linked(a: Operand, b: Operand): void {
    if (a.origin && b.origin) this.#links.push([a.origin, b.origin]);
  }

  /** Notes that the operand's value decides where its row stands. */
  decides(o: Operand): Operand {
    if (o.origin) this.#places.push(o.origin);
    return o;
  }

  /** Notes that the query asks whether something is among the members of a small set. */
  chosen(member: Operand, by: Operand, value: string): void {
    if (member.origin && by.origin) this.#sets.push({ member: member.origin, by: by.origin, value });
  }

  /** Notes a construct by itself and by its place. */
  useHere(feature: string): void {
    this.use(feature);
    this.use(`${feature} in ${this.#clause}`);
  }

  table(): Table {
    return this.random.pick(this.catalog.tables);
  }

  /** A constant in the text: a literal, or a place for a parameter. */
  constant(value: Constant): string {
    if (this.#style === 'none' || value.value === undefined || this.random.chance(0.5)) {
      this.use('literal');
      return value.sql;
    }
    this.use('parameter');
    this.use(`parameter ${this.#style}`);
    this.#values.push(value);
    return `\ue000${this.#values.length - 1}\ue000`;
  }

  hostile(): string {
    return this.constant(this.random.pick(hostileValues));
  }

  alias(): string {
    const plain = `t${this.#aliases.length}`;
    const name = this.random.chance(0.08)
      ? `${this.random.pick(['a b', 'group', '🎈', "q'"])}${this.#aliases.length}`
      : plain;
    this.#aliases.push(name);
    return name === plain ? name : quoted(name);
  }

  column(): string {
    return this.name(this.#prefix);
  }

  /** A free name that is not an alias. */
  name(wanted: string): string {
    this.#aliases.push(wanted);
    return `${wanted}${this.#aliases.length}`;
  }

  written(name: string): string {
    return written(this.random, name);
  }

  /** The text with its parameters in one style, numbered by their first place in it. */
  render(text: string): { sql: string; params?: Params } {
    if (!text.includes('\ue000')) return { sql: text };
    const list: Constant['value'][] = [];
    const named: Record<string, NonNullable<Constant['value']> | null> = {};
    const places = new Map<string, string>();
    const sql = text.replace(marker, (_, index: string) => {
      const value = (this.#values[Number(index)] as Constant).value ?? null;
      const known = places.get(index);
      if (known !== undefined && this.#style !== 'anonymous') return known;
      list.push(value);
      const number = list.length;
      const place = {
        none: '',
        anonymous: '?',
        numbered: `?${number}`,
        dollar: `$${number}`,
        named: `${':@$'[number % 3]}p${number}`,
      }[this.#style];
      named[`p${number}`] = value;
      places.set(index, place);
      return place;
    });
    return { sql, params: this.#style === 'named' ? named : (list as Params) };
  }
}

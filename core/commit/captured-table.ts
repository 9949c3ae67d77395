import type { TableInfo } from '../catalog.ts';
import type { DriverValue } from '../drivers/driver.ts';
import { narrowers } from '../rows.ts';
import type { Row } from '../values.ts';
import type { RowChange } from './changeset.ts';

/** What the capture function is told: a code for table and operation, then the row images. */
export type CapturedRow = readonly DriverValue[];

/** The operations; `part` hands over the first values of a row too wide for one call. */
export const operation = { insert: 0, update: 1, delete: 2, suspect: 3, part: 4 } as const;
export type Operation = (typeof operation)[keyof typeof operation];

/** How many values come before the images. */
export const header = 1;
const operationCount = 8;

/** Table and operation as one number: triggers pass it as REAL, which is cheaper to receive than an integer. */
export function codeOf(tableId: number, kind: Operation): number {
  return tableId * operationCount + kind;
}

export function operationOf(row: CapturedRow): number {
  return (row[0] as number) % operationCount;
}

export function tableIdOf(row: CapturedRow): number {
  return Math.floor((row[0] as number) / operationCount);
}

/**
 * A table as it was when its triggers were made; decodes what they recorded.
 * Images are `[rowid, ...columns]` for tables with a reachable rowid and `[...columns]` for those without.
 */
export class CapturedTable {
  readonly id: number;
  /** The list of tables of a commit that changed this one only. */
  readonly alone: readonly string[];
  readonly info: TableInfo;
  readonly #width: number;
  readonly #lead: number;
  readonly #keys: readonly number[];

  constructor(id: number, info: TableInfo) {
    this.id = id;
    this.alone = Object.freeze([info.name]);
    this.info = info;
    this.#lead = info.rowid === null ? 0 : 1;
    this.#width = this.#lead + info.columns.length;
    this.#keys = info.primaryKey.map((name) => info.columns.findIndex((column) => column.name === name));
  }

  get name(): string {
    return this.info.name;
  }

  /** The number of values in one image. */
  get width(): number {
    return this.#width;
  }

  /** The row before and after. */
  images(captured: CapturedRow): {
    readonly before: readonly DriverValue[] | null;
    readonly after: readonly DriverValue[] | null;
  } {
    const first = captured.slice(header, header + this.#width);
    switch (operationOf(captured)) {
      case operation.insert:
        return { before: null, after: first };
      case operation.delete:
        return { before: first, after: null };
      default:
        return { before: first, after: captured.slice(header + this.#width) };
    }
  }

  decode(captured: CapturedRow): RowChange {
    const { before, after } = this.images(captured);
    return this.#change(before ? (after ? 'update' : 'delete') : 'insert', before, after);
  }

  /** The values that identify a row image: its rowid, or its primary key. */
  identity(image: readonly DriverValue[]): DriverValue[] {
    return this.#lead === 1 ? image.slice(0, 1) : this.#keys.map((key) => image[key] ?? null);
  }

  #change(
    kind: RowChange['operation'],
    before: readonly DriverValue[] | null,
    after: readonly DriverValue[] | null,
  ): RowChange {
    return {
      table: this.name,
      operation: kind,
      primary_key: this.#primaryKey(after ?? before ?? []),
      before: before && this.#row(before),
      after: after && this.#row(after),
      detail: 'full_row',
    };
  }

  #row(image: readonly DriverValue[]): Row {
    const row: Row = {};
    const { columns } = this.info;
    for (let i = 0; i < columns.length; i++) setOwn(row, columns[i]?.name ?? '', image[i + this.#lead]);
    return Object.freeze(row);
  }

  #primaryKey(image: readonly DriverValue[]): Row {
    const row: Row = {};
    for (const key of this.#keys) setOwn(row, this.info.columns[key]?.name ?? '', image[key + this.#lead]);
    return Object.freeze(row);
  }
}

function setOwn(row: Row, name: string, value: DriverValue | undefined): void {
  const narrowed = narrowers.auto(value ?? null);
  if (name === '__proto__') {
    Object.defineProperty(row, name, {
      value: narrowed,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    row[name] = narrowed;
  }
}

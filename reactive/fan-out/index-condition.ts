import type { DriverValue } from '../../core/drivers/driver.ts';
import type { Collation, EqualityKey } from '../../core/sql/collation.ts';

/** What a row must satisfy to concern a subscription; `column` is a place in the row image. */
export type IndexCondition =
  /** The keys are those of values that the column's affinity was applied to. A NULL among them matches nothing. */
  | {
      readonly kind: 'equals';
      readonly column: number;
      readonly keys: readonly EqualityKey[];
      readonly collation: Collation;
    }
  /** Of values that are not NULL; a bound that is left out ends nothing, one that is NULL lets nothing in. */
  | {
      readonly kind: 'range';
      readonly column: number;
      readonly lower?: DriverValue | undefined;
      readonly lowerInclusive: boolean;
      readonly upper?: DriverValue | undefined;
      readonly upperInclusive: boolean;
      readonly collation: Collation;
    }
  | { readonly kind: 'null'; readonly column: number }
  | { readonly kind: 'all' };

export type RangeCondition = Extract<IndexCondition, { kind: 'range' }>;

const shownKeys = 3;

/** For explain output: `hash on status = 'open'`. */
export function describeCondition(condition: IndexCondition, columnNames: readonly string[]): string {
  switch (condition.kind) {
    case 'all':
      return 'every change';
    case 'null':
      return `null test on ${nameOf(condition.column)}`;
    case 'equals': {
      const { keys } = condition;
      const shown = keys.slice(0, shownKeys).map(keyText).join(', ');
      const values = keys.length > shownKeys ? `${shown}, ... ${keys.length} values` : shown;
      const test = keys.length === 1 ? `= ${values}` : `in (${values})`;
      return `hash on ${nameOf(condition.column)} ${test}${collationText(condition.collation)}`;
    }
    case 'range':
      return `range on ${rangeText(condition, nameOf(condition.column))}${collationText(condition.collation)}`;
  }

  function nameOf(column: number): string {
    return columnNames[column] ?? `column ${column}`;
  }
}

function rangeText(condition: RangeCondition, name: string): string {
  const { lower, lowerInclusive, upper, upperInclusive } = condition;
  const bounds: string[] = [];
  if (lower !== undefined) bounds.push(`${name} ${lowerInclusive ? '>=' : '>'} ${valueText(lower)}`);
  if (upper !== undefined) bounds.push(`${name} ${upperInclusive ? '<=' : '<'} ${valueText(upper)}`);
  return bounds.length === 0 ? `${name} is not null` : bounds.join(' and ');
}

function collationText(collation: Collation): string {
  return collation === 'BINARY' ? '' : ` collate ${collation.toLowerCase()}`;
}

/** A blob's key is its bytes as characters, behind a lone surrogate. */
function keyText(key: EqualityKey): string {
  if (typeof key !== 'string' || !key.startsWith('\ud800')) return valueText(key);
  return valueText(Uint8Array.from(key.slice(1), (character) => character.charCodeAt(0)));
}

function valueText(value: DriverValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  if (!(value instanceof Uint8Array)) return String(value);
  return `x'${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}'`;
}

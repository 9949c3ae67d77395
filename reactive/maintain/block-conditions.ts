import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { Condition } from '../exact/condition.ts';
import { compilePredicate, type Predicate } from '../exact/predicate.ts';

/** Whether an image satisfies those of them that JavaScript can tell. */
export function compileSome(
  predicates: readonly Predicate[],
  parameters: readonly DriverValue[],
): (image: DriverRow) => boolean {
  const conditions = predicates
    .map((predicate) => compilePredicate(predicate, parameters))
    .filter((condition) => condition !== undefined);
  return conditions.length === 0
    ? () => true
    : (image) => conditions.every((condition) => condition(image) === true);
}

/** Whether an image satisfies all of them; null where JavaScript can't tell it of one of them. */
export function compileAll(
  predicates: readonly Predicate[] | undefined,
  parameters: readonly DriverValue[],
): ((image: DriverRow) => boolean) | null {
  if (!predicates) return null;
  const conditions = predicates.map((predicate) => compilePredicate(predicate, parameters));
  if (conditions.includes(undefined)) return null;
  const [first, ...others] = conditions as Condition[];
  if (!first) return () => true;
  if (others.length === 0) return (image) => first(image) === true;
  return (image) => first(image) === true && others.every((condition) => condition(image) === true);
}

import type { DriverValue } from '../../core/drivers/driver.ts';

/** True, false or unknown (NULL) for the image of a row. */
export type Condition = (image: readonly DriverValue[]) => boolean | null;

const holds: Condition = () => true;
const fails: Condition = () => false;
const isUnknown: Condition = () => null;

/** The condition that is the same for every row. */
export function always(value: boolean | null): Condition {
  return value === null ? isUnknown : value ? holds : fails;
}

import type { DriverRow, DriverValue } from '../../core/drivers/driver.ts';
import type { Site } from '../plan/sites.ts';

/** A column of an image, which begins with the rowid where there is one. */
export function imageValue({ source }: Site, image: DriverRow, column: number): DriverValue {
  const lead = source.kind === 'table' && source.table.rowid === null ? 0 : 1;
  return image[column + lead] ?? null;
}

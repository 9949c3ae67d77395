/** How values and figures are written for people. */

const counts = new Intl.NumberFormat('en');

export function formatCount(count: number): string {
  return counts.format(count);
}

/** With two digits that count; 0 is as little as a coarse clock can tell. */
export function formatMs(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 0.01) return '<0.01';
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : formatCount(Math.round(ms));
}

export function formatTime(at: number): string {
  const time = new Date(at);
  const part = (value: number, width = 2): string => String(value).padStart(width, '0');
  return `${part(time.getHours())}:${part(time.getMinutes())}:${part(time.getSeconds())}.${part(time.getMilliseconds(), 3)}`;
}

/** In one line. */
export function shortSql(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim();
}

/** A value as SQL would have it, cut at `longest` characters. */
export function formatValue(value: unknown, longest = 60): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Uint8Array) {
    const shown = value.subarray(0, 16);
    const hex = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `x'${hex}${value.length > shown.length ? '…' : ''}' (${formatCount(value.length)} bytes)`;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'string') return String(value);
  const text = value.length > longest ? `${value.slice(0, longest)}…` : value;
  return `'${text.replaceAll("'", "''")}'`;
}

/** Parameters as they were bound, by place or by name. */
export function formatParams(params: unknown): string {
  if (params === null || params === undefined) return '';
  if (Array.isArray(params)) return params.map((value) => formatValue(value)).join(', ');
  return Object.entries(params)
    .map(([name, value]) => `${name}: ${formatValue(value)}`)
    .join(', ');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import type { RowChange } from '../../core/commit/changeset.ts';
import type { Row } from '../../core/values.ts';
import type { ChangeEvent } from '../../core/watches/events.ts';
import type { StreamEntry } from '../change-feed.ts';
import { element } from '../dom.ts';
import { formatParams, formatTime, formatValue, plural } from '../format.ts';

/** So many rows of a commit are shown. */
const maxShown = 100;

/** A commit; its rows are made when it is opened. */
export function commitEntry(event: ChangeEvent, at: number): HTMLElement {
  const body = element('div', { class: 'entry-body' });
  const fill = (): void => {
    if (!body.hasChildNodes()) body.append(...rowsOf(event));
  };
  const rows = event.table_changes.reduce((sum, { row_change_count }) => sum + row_change_count, 0);
  const isTold = event.table_changes.every(({ wide }) => !wide);
  return element(
    'li',
    {},
    element(
      'details',
      { toggle: fill },
      element(
        'summary',
        {},
        element('time', {}, formatTime(at)),
        element(
          'span',
          { class: 'text' },
          event.table_changes.map(({ table }) => table).join(', ') || 'schema',
        ),
        element('span', { class: 'muted' }, isTold ? plural(rows, 'row') : 'rows unknown'),
        event.source === 'direct' ? null : element('span', { class: 'badge' }, event.source),
        element('span', { class: 'muted lsn', title: 'commit_lsn' }, `#${event.commit_lsn}`),
      ),
      body,
    ),
  );
}

export function gapEntry({ text, at }: Extract<StreamEntry, { kind: 'gap' }>): HTMLElement {
  return element('li', { class: 'gap' }, element('time', {}, formatTime(at)), ' ', text);
}

function rowsOf({
  row_changes,
  row_changes_truncated,
  table_changes,
  wide_tables,
}: ChangeEvent): HTMLElement[] {
  const shown = row_changes.slice(0, maxShown).map(changeEntry);
  const note = (text: string): HTMLElement => element('p', { class: 'muted' }, text);
  if (row_changes.length > maxShown)
    shown.push(note(`And ${plural(row_changes.length - maxShown, 'more row')}.`));
  if (row_changes_truncated) shown.push(note('It changed more rows than an event carries.'));
  if (table_changes.some(({ schema_changed }) => schema_changed)) shown.push(note('The schema was changed.'));
  if (shown.length === 0) return [note('Which rows were changed isn’t known.')];
  if (row_changes.length > 0 && wide_tables.length > 0)
    shown.push(note(`Which rows of ${wide_tables.join(', ')} were changed isn’t known.`));
  return shown;
}

function changeEntry({ table, operation, primary_key, before, after }: RowChange): HTMLElement {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const changed = names.filter((name) => !before || !after || !isSame(before[name], after[name]));
  const key = formatParams(primary_key);
  return element(
    'section',
    { class: 'change', 'aria-label': `${operation} in ${table}` },
    element(
      'h3',
      {},
      element('span', { class: `badge ${operation}` }, operation),
      ` ${table}`,
      key ? element('span', { class: 'muted' }, ` ${key}`) : null,
    ),
    element(
      'table',
      { class: 'values' },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...['Column', 'Before', 'After'].map((name) => element('th', { scope: 'col' }, name)),
        ),
      ),
      element('tbody', {}, ...changed.map((name) => valueRow(name, before, after))),
    ),
    changed.length < names.length
      ? element(
          'p',
          { class: 'muted' },
          `Unchanged: ${names.filter((name) => !changed.includes(name)).join(', ')}`,
        )
      : null,
  );
}

function valueRow(name: string, before: Readonly<Row> | null, after: Readonly<Row> | null): HTMLElement {
  const cell = (row: Readonly<Row> | null, style: string): HTMLElement =>
    element('td', { class: row ? style : 'absent' }, row ? formatValue(row[name], 300) : '–');
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, name),
    cell(before, 'before'),
    cell(after, 'after'),
  );
}

function isSame(a: unknown, b: unknown): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return Object.is(a, b);
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

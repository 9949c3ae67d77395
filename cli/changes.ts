import type { WatchEvent } from '../core/index.ts';
import { printable } from './cell.ts';
import { changeText, commitText } from './change-printer.ts';
import { openToRead } from './open-to-read.ts';
import { remark, type Terminal } from './output.ts';
import { Stop } from './stop.ts';

export interface ChangesOptions {
  readonly table?: readonly string[];
  readonly json?: boolean;
  readonly seconds?: number;
}

/** `freshet changes`: every commit to the file, until told to stop. */
export async function changes(terminal: Terminal, file: string, options: ChangesOptions): Promise<void> {
  const failed = Promise.withResolvers<never>();
  using db = openToRead(file, failed.reject);
  using stop = new Stop(terminal.out, options.seconds);
  using stream = db.changeStream(options.table ? { tables: [...options.table] } : {});
  stop.wait().then(() => stream.close());
  remark(terminal, 'Following commits. Ctrl-C ends.');
  await Promise.race([options.json ? printJson() : printLines(), failed.promise]);

  async function printJson(): Promise<void> {
    while (!stop.signal.aborted) {
      const json = await stream.nextJson({ timeoutMs: Number.POSITIVE_INFINITY });
      if (json !== null) terminal.out.write(`${json}\n`);
    }
  }

  async function printLines(): Promise<void> {
    while (!stop.signal.aborted) {
      const event = await stream.next({ timeoutMs: Number.POSITIVE_INFINITY });
      if (event !== null) terminal.out.write(eventText(event, terminal));
    }
  }
}

function eventText(event: WatchEvent, { out, now }: Terminal): string {
  if (event.type === 'lagged') {
    return commitText(
      now(),
      event.latest_commit_lsn,
      [out.paint('yellow', 'commits were missed: too many at once')],
      out,
    );
  }
  if (event.type !== 'change') return '';
  // A commit names every table it changed, with those whose rows aren't listed.
  const unlisted = new Set(event.wide_tables);
  const unseen = event.table_changes
    .filter(({ table, wide, schema_changed }) => wide || schema_changed || unlisted.has(table))
    .map(({ table, schema_changed }) => `${printable(table)}${schema_changed ? ' (schema)' : ''}`);
  const lines = event.row_changes.map(({ table, operation, primary_key, before, after }) => {
    const row = (operation === 'delete' ? before : after) ?? primary_key;
    const change =
      operation === 'update'
        ? ({ type: 'update', row, previous: before ?? primary_key } as const)
        : ({ type: operation, row } as const);
    return `${out.paint('bold', printable(table))} ${changeText(change, Object.keys(row), out)}`;
  });
  if (unseen.length > 0) {
    const verb = event.source === 'external' ? 'may have changed (another program)' : 'changed';
    lines.unshift(`${out.paint('bold', unseen.join(', '))} ${verb}`);
  }
  return commitText(now(), event.commit_lsn, lines, out);
}

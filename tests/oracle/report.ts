import type { Census } from './case.ts';
import { constructTable } from './constructs.ts';
import type { Row } from './engine.ts';
import { describeAction, showParams } from './program.ts';
import type { Failure } from './shrink.ts';
import { listOf, type Tally } from './tally.ts';
import { showRow } from './values.ts';

const rowsText = (rows: readonly Row[] | undefined): string =>
  rows?.map((row) => `  ${showRow(row)}`).join('\n') ?? '  (unknown)';

/** A failing case as a reader can type it in: schema, query, history, what was expected and what came. */
export function failureText({ case: failed, difference }: Failure): string {
  const { rule, detail, step, live } = difference;
  const lines = [
    `BROKEN: ${rule}`,
    `  ${detail}`,
    '',
    `-- schema (${failed.location})`,
    ...failed.schema.map((sql) => `${sql};`),
  ];
  const watched = live === null ? failed.lives : failed.lives.slice(live, live + 1);
  for (const { query, owner, schedule } of watched) {
    lines.push(
      '',
      `-- live query (${query.kind}, ${schedule}, on ${owner}, ${query.order} order)`,
      query.sql,
    );
    if (query.params) lines.push(`-- ${showParams(query.params)}`);
    if (Object.keys(query.tags).length > 0) lines.push(`-- tags ${JSON.stringify(query.tags)}`);
  }
  lines.push('', '-- history');
  for (const done of failed.steps.slice(0, step + 1))
    lines.push(`-- by ${done.by}`, describeAction(done.action));
  if (difference.expected)
    lines.push('', '-- expected', rowsText(difference.expected), '-- actual', rowsText(difference.actual));
  return lines.join('\n');
}

export function summaryText(tally: Tally, census: Census, seconds: number): string {
  const [tables, watches] = [tally.kinds.get('shadow table') ?? 0, tally.kinds.get('watch') ?? 0];
  const rate = Math.round(tally.comparisons / Math.max(seconds, 0.001));
  const refused = ((100 * census.refused) / Math.max(census.made, 1)).toFixed(1);
  return [
    `${tally.comparisons} comparisons (${tally.comparisons - tables - watches} answers, ${tables} tables, ${watches} watches) in ${seconds.toFixed(1)} s, ${rate}/s`,
    `${tally.cases} cases, ${tally.steps} steps, ${tally.changesets} changesets (${tally.wide} wide, ${tally.schemaChanges} of the schema; in tame cases ${tally.tameWide} of ${tally.tameChangesets} wide), ${tally.emissions} emissions`,
    `${census.made} queries generated, ${refused} % refused by SQLite; ${tally.indeterminate} answers differed where SQLite gives both`,
    `${tally.failedQueries} live queries ended by DDL; ${tally.forked} cases ended where SQLite with triggers goes on differently`,
    `by kind: ${listOf(tally.kinds)}`,
    `live queries by tier: ${listOf(tally.tiers)}`,
    constructTable(tally),
  ].join('\n');
}

/** What was generated, and an example of each thing that SQLite refused. */
export function censusText(census: Census): string {
  const refusals = [...census.refusals].map(([message, sql]) => `  ${message}\n    ${sql}`);
  return [`constructs: ${listOf(census.features)}`, 'refused, an example each:', ...refusals].join('\n');
}

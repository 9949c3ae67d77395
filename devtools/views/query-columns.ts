import type { LiveQueryInfo } from '../../reactive/inspect/inspection.ts';
import { formatParams, shortSql } from '../format.ts';

export interface Column {
  readonly name: string;
  /** Its class; those that are `wide`, and then `rows`, go where there is little room. */
  readonly style: string;
  readonly compare: (a: LiveQueryInfo, b: LiveQueryInfo) => number;
}

const byText = (of: (query: LiveQueryInfo) => string) => (a: LiveQueryInfo, b: LiveQueryInfo) =>
  of(a).localeCompare(of(b));
const byFigure = (of: (query: LiveQueryInfo) => number) => (a: LiveQueryInfo, b: LiveQueryInfo) =>
  of(a) - of(b);

/** In the order of a row's cells: see `QueryRow`. */
export const columns: readonly Column[] = [
  { name: 'SQL', style: 'sql', compare: byText(({ sql }) => shortSql(sql)) },
  { name: 'Parameters', style: 'params wide', compare: byText(({ params }) => formatParams(params)) },
  { name: 'Tier', style: '', compare: byText(({ tier }) => tier) },
  { name: 'Rows', style: 'figure rows', compare: byFigure(({ rows }) => rows) },
  { name: 'Visits', style: 'figure', compare: byFigure(({ visits }) => visits) },
  { name: 'Last ms', style: 'figure', compare: byFigure(({ lastCommitMs }) => lastCommitMs) },
  { name: 'Total ms', style: 'figure wide', compare: byFigure(({ totalMs }) => totalMs) },
];

/** Tables for the terminal, and the summary for the README. */
import Table from 'cli-table3';
import type { Machine } from './machine.ts';
import type { Measured, Outcome } from './outcome.ts';
import { median } from './statistics.ts';
import type { Workload } from './workloads/workload.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly variant: string;
  readonly measures: Workload['measures'];
  readonly contenders: readonly { readonly id: string; readonly name: string; readonly outcome: Outcome }[];
}

export interface Report {
  readonly quick: boolean;
  readonly rounds: number;
  readonly machine: Machine;
  readonly sections: readonly Section[];
  readonly quietCommit: readonly Readonly<Record<string, string>>[];
}

/** No colours, and no line between rows. */
const plain = {
  style: { head: [], border: [] },
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
};

/** One workload, with all its variants. */
export function tableOf(sections: readonly Section[]): string {
  const memory = sections.some(({ measures }) => measures === 'memory');
  const text = memory ? memoryTable(sections) : latencyTable(sections);
  return [text, ...notes(sections)].join('\n');
}

function latencyTable(sections: readonly Section[]): string {
  const table = new Table({
    ...plain,
    head: [
      sections[0]?.id ?? '',
      'contender',
      'load',
      'hydrate',
      'write',
      'n',
      'p50',
      'p99',
      'x Freshet',
      'x bare',
      'answer',
    ],
  });
  for (const section of sections) {
    const floors = floorsOf(section);
    for (const { name, outcome } of section.contenders) {
      if (outcome.type !== 'done') {
        table.push([section.variant, name, ...Array(8).fill('-'), shown(outcome)]);
        continue;
      }
      for (const [at, line] of outcome.measured.entries()) {
        const first = at === 0;
        table.push([
          first ? section.variant : '',
          first ? name : '',
          first ? milliseconds(outcome.loadMs) : '',
          first ? milliseconds(outcome.hydrateMs) : '',
          line.name,
          line.latency.count,
          microseconds(line.latency.p50),
          microseconds(line.latency.p99),
          ratio(line.latency.p50, oursOf(section, line.name)?.latency.p50),
          ratio(line.latency.p50, line.floor.p50),
          first ? verdict(outcome.wrong) : '',
        ]);
      }
    }
    for (const [at, { name, p50, p99, count }] of floors.entries()) {
      const first = at === 0;
      const [variant, contender] = first ? [section.variant, floorName(section)] : ['', ''];
      const ours = ratio(p50, oursOf(section, name)?.latency.p50);
      table.push([
        variant,
        contender,
        '',
        '',
        name,
        count,
        microseconds(p50),
        microseconds(p99),
        ours,
        '1',
        '',
      ]);
    }
  }
  return table.toString();
}

function memoryTable(sections: readonly Section[]): string {
  const table = new Table({
    ...plain,
    head: [
      'W8',
      'contender',
      'heap loaded',
      'heap hydrated',
      'of the answers',
      'a live query',
      'RSS',
      'x Freshet',
      'answer',
    ],
  });
  for (const section of sections) {
    const ours = section.contenders.find(({ id }) => id === 'freshet')?.outcome;
    for (const { name, outcome } of section.contenders) {
      if (outcome.type !== 'done') {
        table.push([section.variant, name, ...Array(6).fill('-'), shown(outcome)]);
        continue;
      }
      const [before, after] = outcome.memory;
      const oursRss = ours?.type === 'done' ? ours.memory[1]?.rss : undefined;
      table.push([
        section.variant,
        name,
        megabytes(before?.heap),
        megabytes(after?.heap),
        megabytes((after?.heap ?? 0) - (before?.heap ?? 0)),
        after?.perQuery === undefined ? '' : `${(after.perQuery / 1024).toFixed(2)} KB`,
        megabytes(after?.rss),
        ratio(after?.rss ?? Number.NaN, oursRss),
        verdict(outcome.wrong),
      ]);
    }
  }
  return table.toString();
}

/** How each contender ran, and what it left out. */
function notes(sections: readonly Section[]): string[] {
  const lines = new Set<string>();
  for (const { contenders, variant } of sections) {
    const where = variant === '' ? '' : ` at ${variant}`;
    for (const { name, outcome } of contenders) {
      if (outcome.type !== 'done') {
        lines.add(`${name} ${outcome.type === 'cannot' ? "can't" : `failed${where}`}: ${outcome.reason}`);
        continue;
      }
      lines.add(`${name}: ${outcome.mode}`);
      if (outcome.without.length > 0)
        lines.add(`${name} without what it can't ask: ${outcome.without.join('; ')}`);
      if (outcome.wrong.length > 0) lines.add(`${name} is WRONG: ${outcome.wrong.join('; ')}`);
    }
  }
  return [...lines];
}

/** p50 of every workload and contender, with its ratio to Freshet's; for a README. */
export function summaryMarkdown({ machine, sections, rounds, quick }: Report): string {
  const [example] = sections;
  const names = example?.contenders.map(({ id, name }) => ({ id, name })) ?? [];
  const lines = [
    `| | ${names.map(({ name }) => `${name} ${machine.versions[name] ?? ''}`.trim()).join(' | ')} | bare write or query |`,
    `|---|${names.map(() => '---:').join('|')}|---:|`,
  ];
  for (const section of sections) {
    if (section.measures === 'memory') lines.push(...memoryLines(section));
    else lines.push(...latencyLines(section));
  }
  const how = `${rounds === 1 ? 'one round' : `medians of ${rounds} rounds for Freshet and SQLite`}${quick ? ', quick: only a hint' : ''}`;
  return [
    ...lines,
    '',
    `p50 from the call of a write until its subscribers have the new answer, in brackets as a multiple of Freshet's (below 1: faster than Freshet). ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.os}; Node ${machine.node}, SQLite ${machine.sqlite}; ${machine.date}; ${how}. \`-\`: can't ask it, \`†\`: not the whole workload, \`✗\`: failed or took too long, \`wrong\`: not SQLite's answer. \`npm run bench\` prints p99, the reasons and how each ran.`,
    '',
  ].join('\n');
}

function latencyLines(section: Section): string[] {
  const label = `${section.id}${section.variant === '' ? '' : ` ${section.variant}`}`;
  const names = lineNames(section);
  const floors = floorsOf(section);
  const lines = names.map((name) => {
    const ours = oursOf(section, name)?.latency.p50;
    const cells = section.contenders.map(({ outcome }) => {
      if (outcome.type !== 'done') return outcome.type === 'cannot' ? '-' : '✗';
      const own = outcome.measured.find((line) => line.name === name)?.latency.p50 ?? Number.NaN;
      return cell(outcome, microseconds(own), ratio(own, ours));
    });
    const floor = floors.find((line) => line.name === name)?.p50 ?? Number.NaN;
    return `| ${label} ${name} | ${cells.join(' | ')} | ${microseconds(floor)} |`;
  });
  if (section.id !== 'W4') return lines;
  const ours = section.contenders.find(({ id }) => id === 'freshet')?.outcome;
  const hydrate = section.contenders.map(({ outcome }) => {
    if (outcome.type !== 'done') return outcome.type === 'cannot' ? '-' : '✗';
    const against = ours?.type === 'done' ? ours.hydrateMs : undefined;
    return cell(outcome, milliseconds(outcome.hydrateMs), ratio(outcome.hydrateMs, against));
  });
  return [`| ${label} hydrate all | ${hydrate.join(' | ')} | |`, ...lines];
}

function memoryLines(section: Section): string[] {
  const figures = (read: (outcome: Extract<Outcome, { type: 'done' }>) => string) =>
    section.contenders.map(({ outcome }) => {
      if (outcome.type !== 'done') return outcome.type === 'cannot' ? '-' : '✗';
      return `${read(outcome)}${outcome.without.length > 0 ? ' †' : ''}`;
    });
  const label = `W8 ${section.variant}`;
  const each = section.contenders.some(
    ({ outcome }) => outcome.type === 'done' && outcome.memory[1]?.perQuery !== undefined,
  );
  return [
    `| ${label} heap | ${figures(({ memory }) => megabytes(memory[1]?.heap)).join(' | ')} | |`,
    `| ${label} RSS | ${figures(({ memory }) => megabytes(memory[1]?.rss)).join(' | ')} | |`,
    ...(each
      ? [
          `| ${label} heap a query | ${figures(({ memory }) => `${((memory[1]?.perQuery ?? 0) / 1024).toFixed(2)} KB`).join(' | ')} | |`,
        ]
      : []),
  ];
}

function cell(outcome: Extract<Outcome, { type: 'done' }>, figure: string, times: string): string {
  if (outcome.wrong.length > 0) return 'wrong';
  return `${figure} (${times})${outcome.without.length > 0 ? ' †' : ''}`;
}

/** The names of a section's lines, from whoever has some. */
function lineNames(section: Section): string[] {
  return doneOf(section)[0]?.measured.map(({ name }) => name) ?? [];
}

/** Bare SQLite's own figures for the same writes: the median over all processes in which it ran. */
function floorsOf(section: Section) {
  return lineNames(section).map((name) => {
    const all = doneOf(section).flatMap(({ measured }) => measured.filter((line) => line.name === name));
    return {
      name,
      count: all.reduce((sum, line) => sum + line.floor.count, 0),
      p50: median(all.map((line) => line.floor.p50)),
      p99: median(all.map((line) => line.floor.p99)),
    };
  });
}

function doneOf(section: Section) {
  return section.contenders.flatMap(({ outcome }) => (outcome.type === 'done' ? [outcome] : []));
}

function oursOf(section: Section, name: string): Measured | undefined {
  const ours = section.contenders.find(({ id }) => id === 'freshet')?.outcome;
  return ours?.type === 'done' ? ours.measured.find((line) => line.name === name) : undefined;
}

function floorName({ measures }: Section): string {
  if (measures === 'burst') return 'bare transaction';
  return measures === 'first answer' ? 'bare query' : 'bare commit';
}

function shown(outcome: Exclude<Outcome, { type: 'done' }>): string {
  return outcome.type === 'cannot' ? '- (see below)' : 'failed (see below)';
}

function verdict(wrong: readonly string[]): string {
  return wrong.length === 0 ? 'right' : 'WRONG';
}

function ratio(figure: number, against: number | undefined): string {
  if (against === undefined || !Number.isFinite(figure) || !Number.isFinite(against)) return '';
  const times = figure / against;
  if (times >= 100) return times.toFixed(0);
  if (times >= 10) return times.toFixed(1);
  return times >= 0.1 ? times.toFixed(2) : times.toPrecision(1);
}

function microseconds(figure: number): string {
  if (!Number.isFinite(figure)) return '';
  if (figure < 1000) return `${figure < 100 ? figure.toFixed(1) : figure.toFixed(0)} us`;
  return milliseconds(figure / 1000);
}

function milliseconds(figure: number): string {
  if (figure < 1000) return `${figure < 10 ? figure.toFixed(2) : figure.toFixed(0)} ms`;
  return `${(figure / 1000).toFixed(2)} s`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;
}

import { availableParallelism, loadavg } from 'node:os';

import type { Comparison, Figure, Spread } from './figures.ts';

/** All that a run found out. */
export interface Report {
  readonly figures: readonly Figure[];
  readonly comparisons: readonly Comparison[];
}

/** A report in Markdown. */
export function markdownOf({ figures, comparisons }: Report): string {
  return [
    `Node ${process.version}, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}. Medians of rounds, and their least and most.`,
    tableOf(
      [
        '',
        'µs of CPU an answer',
        '× its floor',
        '× ws echo',
        'answers/s',
        'p50 ms',
        'p99 ms',
        'RSS MB',
      ],
      figures.map(cellsOf),
    ),
    ...(comparisons.length === 0 ? [] : [comparisonTable(comparisons)]),
  ].join('\n\n');
}

function cellsOf(figure: Figure): readonly string[] {
  const { name, failure, us, ratio, echoes, answersPerS, p50Ms, p99Ms, rssMb } = figure;
  // A cell is one line, and has no bar in it.
  if (failure !== undefined) {
    return [name, `failed: ${failure.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}`];
  }
  return [
    name,
    spread(us, 1),
    spread(ratio, 2),
    spread(echoes, 2),
    answersPerS.median.toFixed(0),
    p50Ms.median.toFixed(2),
    p99Ms.median.toFixed(2),
    rssMb.median.toFixed(0),
  ];
}

function comparisonTable(comparisons: readonly Comparison[]): string {
  return tableOf(
    ['peer', 'ours', 'ours answers × as often for the same CPU'],
    comparisons.map(({ peer, ours, times }) => [peer, ours, spread(times, 1)]),
  );
}

/** A table in Markdown. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${head.map((_name, index) => cells[index] ?? '').join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The middle, and the ends in brackets. */
export function spread({ median, min, max }: Spread, digits: number): string {
  if (Number.isNaN(median)) return '–';
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

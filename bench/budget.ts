import type { Figure } from './figures.ts';

/** What rows may cost, as times of their floor. */
export interface Budget {
  /** Times as much as the limit, before a row is over: machines are noisy. */
  readonly slack: number;
  /** By the names of rows. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Says of each row that is over its limit what it cost and what it may cost. A row is over only if its median and its best round are; one that was not measured keeps no limit. */
export function excessesOf(
  { slack, limits }: Budget,
  figures: readonly Pick<Figure, 'name' | 'ratio' | 'failure'>[],
): readonly string[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const figure = figures.find((each) => each.name === name);
    if (figure === undefined || figure.failure !== undefined || Number.isNaN(figure.ratio.median)) {
      return `${name}: not measured, and ${limit} × its floor is allowed`;
    }
    const { median, min } = figure.ratio;
    const allowed = limit * slack;
    if (median <= allowed || min <= allowed) return [];
    return `${name}: ${median.toFixed(2)} × its floor, at best ${min.toFixed(2)}; ${allowed.toFixed(2)} is allowed (${limit} and a slack of × ${slack})`;
  });
}

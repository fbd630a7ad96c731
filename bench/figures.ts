import type { Measured, Sample } from './rounds.ts';
import { FLOORS, nameOf } from './rows.ts';

/** Of several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** What was measured of one row. */
export interface Figure {
  readonly name: string;
  readonly of: string;
  readonly contender: string;
  /** Why there is nothing else. */
  readonly failure?: string;
  /** CPU of all server processes for an answer. */
  readonly us: Spread;
  /** Times as much as the floor of its transport. */
  readonly ratio: Spread;
  /** Times as much as a bare echo over WebSocket. */
  readonly echoes: Spread;
  readonly answersPerS: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly rssMb: Spread;
}

/** How many times the answers of a peer ours gives for the same CPU. */
export interface Comparison {
  readonly peer: string;
  readonly ours: string;
  readonly times: Spread;
}

/** Works out the rows of a case. Ratios are of the same round: what disturbs the machine disturbs both. */
export function figuresOf(measured: readonly Measured[]): readonly Figure[] {
  const samplesOf = (contender: string): readonly Sample[] =>
    measured.find(({ row }) => row.contender.name === contender)?.samples ?? [];
  return measured.map(({ row, samples, failure }) => ({
    name: row.name,
    of: nameOf(row.of),
    contender: row.contender.name,
    ...(failure === undefined ? {} : { failure }),
    us: spreadOf(samples.map(({ perAnswerUs }) => perAnswerUs)),
    ratio: spreadOf(ratiosOf(samples, samplesOf(FLOORS[row.contender.transport]))),
    echoes: spreadOf(ratiosOf(samples, samplesOf(FLOORS.ws))),
    answersPerS: spreadOf(samples.map(({ answers, ms }) => (answers * 1_000) / ms)),
    p50Ms: spreadOf(samples.map(({ p50Ms }) => p50Ms)),
    p99Ms: spreadOf(samples.map(({ p99Ms }) => p99Ms)),
    rssMb: spreadOf(samples.map(({ rssBytes }) => rssBytes / 1_048_576)),
  }));
}

/** Compares ours with the peers of a case. */
export function comparisonsOf(measured: readonly Measured[]): readonly Comparison[] {
  return measured.flatMap(({ row, samples }) => {
    const ours = measured.find((other) => other.row.contender.name === row.contender.ours);
    if (ours === undefined) return [];
    return {
      peer: row.name,
      ours: ours.row.name,
      times: spreadOf(ratiosOf(samples, ours.samples)),
    };
  });
}

/** The middle of all, and the ends; not a number where there are none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

function ratiosOf(samples: readonly Sample[], floor: readonly Sample[]): readonly number[] {
  return samples.flatMap(({ perAnswerUs }, round) => {
    const yardstick = floor[round];
    return yardstick === undefined ? [] : perAnswerUs / yardstick.perAnswerUs;
  });
}

/** An RFC 3339 time in UTC. Null if it is unknown, or no time at all. */
export function timeOf(at: number | undefined): string | null {
  const date = new Date(at ?? Number.NaN);
  return Number.isNaN(date.valueOf()) ? null : date.toISOString();
}

/** Milliseconds as seconds. Clocks go back now and then; durations do not. */
export function secondsOf(ms: number): number {
  return Math.max(0, Math.round(ms)) / 1_000;
}

/** Seconds from then to now. Null if it is not known when that was. */
export function secondsSince(at: number | undefined, now: number): number | null {
  return at === undefined ? null : secondsOf(now - at);
}

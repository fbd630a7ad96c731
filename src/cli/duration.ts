import { Failure } from '../shared/errors.ts';

const UNITS_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** A hundred years. */
const DURATION_MS_MAX = 36_525 * 86_400_000;

/** Reads a duration such as `90d` or `15m`, as milliseconds. Throws a `Failure` that names the option otherwise. */
export function parseDuration(option: string, text: string): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const durationMs = Number(count) * (UNITS_MS[unit] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= DURATION_MS_MAX) return durationMs;
  throw new Failure('invalid', `${option} is a duration like 15m, 24h or 90d, and not "${text}"`);
}

/** A stricter judge than the suite's own: to it a warning is a failure, and what was not tried is no proof. */
import type { Check } from './suite.ts';

/** Something that cannot be asked of what is tested, and why. Without a check it is the whole scenario. */
export interface LeftOut {
  readonly scenario: string;
  readonly check?: string;
  readonly reason: string;
}

const DETAILS_LENGTH_MAX = 2_000;
/** Every scenario has it, whatever else it finds. */
const ON_ALL_MESSAGES = 'wire-schema-valid';
/** Information that is no finding: what went over the wire, and that streams were not needed. Any other says that something could not be tried. */
const ONLY_SAID = new Set([
  'outgoing-request',
  'incoming-response',
  'incoming-sse-event',
  'stream-closed',
  'server-sse-streams-functional',
]);

/** Whatever is wrong, in words. */
export function faultsOf(checks: readonly Check[]): string[] {
  const faults = checks.filter(
    ({ id, status }) => status !== 'SUCCESS' && !(status === 'INFO' && ONLY_SAID.has(id)),
  );
  if (faults.length > 0) return faults.map(describe);
  const isProven = checks.some(({ id, status }) => status === 'SUCCESS' && id !== ON_ALL_MESSAGES);
  return isProven ? [] : ['Nothing was proven'];
}

function describe({ status, id, description, errorMessage = '', details }: Check): string {
  const known = JSON.stringify(details, undefined, 2) ?? '';
  return `${status} ${id}: ${description}\n${errorMessage}\n${known.slice(0, DETAILS_LENGTH_MAX)}`;
}

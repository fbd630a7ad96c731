import { crashClassOf } from '../shared/crash-class.ts';
import { codeOf, Failure } from '../shared/errors.ts';
import { describeCrash } from './crash.ts';
import type { Crash } from './events.ts';

/** What an error says that ended the supervisor itself: before there was a worker, or by a bug of ours. */
export function crashOfThrown(thrown: unknown): Crash {
  const foreseen = thrown instanceof Failure ? thrown : undefined;
  const found = crashClassOf(thrown);
  // An error nobody foresaw is here the supervisor's, and not a worker's.
  const crashClass = foreseen === undefined && found === 'uncaught' ? 'supervisor_bug' : found;
  const cause = foreseen?.message ?? describe(thrown);
  return describeCrash(crashClass, cause, foreseen?.remedy);
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `Something was thrown that is no error: ${String(thrown)}`;
  const code = codeOf(thrown);
  const said = `${thrown.name}: ${thrown.message}`;
  return code === undefined || said.includes(code) ? said : `${said} (${code})`;
}

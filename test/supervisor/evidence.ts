import type { CrashClass } from '../../src/shared/crash-class.ts';
import type { Evidence, LastWords } from '../../src/supervisor/crash.ts';

/** What is known of a worker that exited with 70 before it was ready, and said nothing. */
export const silentDeath: Evidence = {
  inflicted: undefined,
  forkError: undefined,
  lastWords: undefined,
  stderr: [],
  code: 70,
  signal: null,
  oomKills: 0,
  served: false,
  phase: 'loading-tools',
  processState: undefined,
  hangStack: [],
  silentMs: 200,
  uptimeMs: 640,
  away: [],
};

/** Last words of a class. */
export function lastWordsOf(crashClass: CrashClass, message: string, remedy?: string): LastWords {
  return { class: crashClass, message, remedy, code: undefined, stack: undefined, calls: [] };
}

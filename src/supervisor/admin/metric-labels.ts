import { constants } from 'node:os';

/** Stands for whatever is not of the closed set of a label. */
const OTHER = '_other';

const DEPENDENCIES: ReadonlySet<string> = new Set(['postgres', 'redis']);
/** How Linux names what a process is doing (`proc(5)`, `stat`). */
const PROCESS_STATES: ReadonlySet<string> = new Set(['R', 'S', 'D', 'T', 't', 'Z', 'X', 'I']);
const CODES: ReadonlySet<string> = new Set([
  ...Object.keys(constants.errno),
  'ERR_IPC_CHANNEL_CLOSED',
  'ERR_IPC_DISCONNECTED',
]);
const WORD = /^[a-z][a-z_]{0,30}$/;

/** A dependency as a label. */
export function labelOfDependency(name: string): string {
  return DEPENDENCIES.has(name) ? name : OTHER;
}

/** The code of an error of the system as a label. */
export function labelOfCode(code: string): string {
  return CODES.has(code) ? code : OTHER;
}

/** What a process was doing as a label. Where that cannot be found out, it is `unknown`. */
export function labelOfProcessState(state: string | undefined): string {
  if (state === undefined) return 'unknown';
  return PROCESS_STATES.has(state) ? state : OTHER;
}

/** A reason as a label. Those of our own code are few, and single words; a sentence is none of them. */
export function labelOfReason(reason: string): string {
  return WORD.test(reason) ? reason : OTHER;
}

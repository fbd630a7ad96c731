import { createHash } from 'node:crypto';

import type { CrashClass } from '../shared/crash-class.ts';
import { ExitCode } from '../shared/exit-codes.ts';
import type { DependencyReport, FromWorker, Phase } from '../shared/ipc.ts';
import type { Crash } from './events.ts';
import { REMEDIES } from './remedies.ts';

/** What a supervisor may do to a worker that ends it. */
export type Infliction =
  /** It was told to drain, and did, or was killed when its time was over. */
  | 'drain'
  | 'hang'
  | 'boot-deadline'
  | 'dependency-deadline'
  /** Its channel closed, and it lived on. */
  | 'lost-channel';

/** What a worker said before it ended of its own accord. */
export type LastWords = Omit<Extract<FromWorker, { type: 'fatal' }>, 'type'>;

/** All that is known of a worker's end. */
export interface Evidence {
  readonly inflicted: Infliction | undefined;
  /** Why there was never a process, if there was none. */
  readonly forkError: string | undefined;
  readonly lastWords: LastWords | undefined;
  /** Its last lines on stderr, oldest first. */
  readonly stderr: readonly string[];
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** By how much our cgroup's count of processes killed for memory rose meanwhile. */
  readonly oomKills: number;
  /** Whether it had ever been ready. */
  readonly served: boolean;
  readonly phase: Phase;
  /** The letter of /proc when it was killed: R runs, S waits, T is stopped, D waits for a disk. */
  readonly processState: string | undefined;
  /** Where its event loop was blocked, innermost first. */
  readonly hangStack: readonly string[];
  readonly silentMs: number;
  readonly uptimeMs: number;
  /** What it waited for. */
  readonly away: readonly DependencyReport[];
}

/** Whether a restart can help, and what we exit with should it end us. */
interface ClassTraits {
  readonly permanent: boolean;
  readonly exitCode: ExitCode;
}

const CLASSES: Readonly<Record<CrashClass, ClassTraits>> = {
  usage: { permanent: true, exitCode: ExitCode.Usage },
  config: { permanent: true, exitCode: ExitCode.Misconfigured },
  missing_module: { permanent: true, exitCode: ExitCode.Misconfigured },
  dep_auth: { permanent: true, exitCode: ExitCode.Misconfigured },
  dep_unreachable: { permanent: false, exitCode: ExitCode.Unavailable },
  port_in_use: { permanent: false, exitCode: ExitCode.Unavailable },
  oom_heap: { permanent: false, exitCode: ExitCode.Software },
  oom_cgroup: { permanent: false, exitCode: ExitCode.Resources },
  resource: { permanent: false, exitCode: ExitCode.Resources },
  hang: { permanent: false, exitCode: ExitCode.Software },
  ready_timeout: { permanent: false, exitCode: ExitCode.Software },
  clean_exit: { permanent: false, exitCode: ExitCode.Software },
  uncaught: { permanent: false, exitCode: ExitCode.Software },
  killed: { permanent: false, exitCode: ExitCode.Software },
  poison: { permanent: false, exitCode: ExitCode.Software },
  supervisor_bug: { permanent: false, exitCode: ExitCode.Software },
};

/** Whether no restart can help. */
export function isPermanent(crashClass: CrashClass): boolean {
  return CLASSES[crashClass].permanent;
}

/** What we exit with when a class of crash ends us. */
export function exitCodeFor(crashClass: CrashClass): ExitCode {
  return CLASSES[crashClass].exitCode;
}

/** A crash in full: with what to do if nobody said, and a fingerprint to know it by. */
export function describeCrash(crashClass: CrashClass, cause: string, remedy?: string): Crash {
  // Ports, pids and times differ each time.
  const alike = `${crashClass} ${cause.replaceAll(/\d+/g, '#')}`;
  return {
    class: crashClass,
    cause,
    remedy: remedy ?? REMEDIES[crashClass],
    fingerprint: createHash('sha256').update(alike).digest('hex').slice(0, 12),
  };
}

/**
 * Says why a worker ended. In this order: what we did to it; its last words, unless they say only
 * that something was not caught, which would hide a better reason; what it printed; its exit code;
 * and its signal, with the kernel's count of kills. Pure.
 */
export function classify(evidence: Evidence): Crash {
  const { lastWords } = evidence;
  return (
    byOurDoing(evidence) ??
    (lastWords?.class === 'uncaught' ? undefined : byLastWords(lastWords)) ??
    byStderr(evidence) ??
    byLastWords(lastWords) ??
    byExit(evidence)
  );
}

function byOurDoing(evidence: Evidence): Crash | undefined {
  const { forkError, inflicted, phase, silentMs, uptimeMs, processState, hangStack } = evidence;
  if (forkError !== undefined) {
    return describeCrash('resource', `no process could be made (${forkError})`);
  }
  switch (inflicted) {
    case undefined:
    // It was asked to, and somebody else was quicker: nothing is held against it.
    case 'drain':
      return undefined;
    case 'hang': {
      const where = hangStack[0] === undefined ? '' : `, at ${hangStack[0]}`;
      const state = processState === undefined ? '' : ` (${meaningOf(processState)})`;
      const s = Math.round(silentMs / 1_000);
      return describeCrash('hang', `its event loop was blocked for ${s} s${state}${where}`);
    }
    case 'lost-channel':
      return describeCrash('hang', 'its channel to the supervisor closed, and it lived on');
    case 'boot-deadline': {
      const s = Math.round(uptimeMs / 1_000);
      return describeCrash(
        'ready_timeout',
        `it was not ready after ${s} s, in the phase "${phase}"`,
      );
    }
    case 'dependency-deadline': {
      const away = evidence.away.map(sentenceOf).join('; ');
      return describeCrash('dep_unreachable', away || 'a dependency did not answer');
    }
  }
}

/** How a dependency is, as one clause: `postgres: connection refused (ECONNREFUSED) at 127.0.0.1:5432`. */
function sentenceOf({ name, message = 'no answer', code, address }: DependencyReport): string {
  return `${name}: ${message}${code === undefined ? '' : ` (${code})`} at ${address}`;
}

function byLastWords(lastWords: LastWords | undefined): Crash | undefined {
  if (lastWords === undefined) return undefined;
  return describeCrash(lastWords.class, lastWords.message, lastWords.remedy);
}

/** What a runtime prints when it cannot say it in any other way. */
const PRINTED: readonly { readonly pattern: RegExp; readonly class: CrashClass }[] = [
  {
    pattern: /Reached heap limit|JavaScript heap out of memory|Ineffective mark-compacts/,
    class: 'oom_heap',
  },
  { pattern: /(uv_thread_create|pthread_create)/, class: 'resource' },
  { pattern: /Cannot find (module|package) '[^']+'/, class: 'missing_module' },
  { pattern: /ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|ERR_DLOPEN_FAILED/, class: 'missing_module' },
  { pattern: /EADDRINUSE/, class: 'port_in_use' },
];

function byStderr({ stderr, served, code, signal, lastWords }: Evidence): Crash | undefined {
  // What it printed while it served may be anybody's text; only what ends a runtime counts then.
  if (code === 0) return undefined;
  const said = lastWords === undefined ? stderr : [...stderr, lastWords.message];
  for (const { pattern, class: crashClass } of PRINTED) {
    const fatalOnly = crashClass === 'oom_heap' || crashClass === 'resource';
    if (served && !(fatalOnly && signal !== null)) continue;
    const line = said.findLast((candidate) => pattern.test(candidate));
    if (line !== undefined) return describeCrash(crashClass, line.trim());
  }
  const syntax = served ? undefined : said.find((line) => /^SyntaxError\b/.test(line));
  return syntax === undefined ? undefined : describeCrash('config', syntax);
}

const OF_CODES: Readonly<Record<number, CrashClass>> = {
  0: 'clean_exit',
  [ExitCode.Usage]: 'config',
  [ExitCode.Unavailable]: 'dep_unreachable',
  [ExitCode.Resources]: 'resource',
  [ExitCode.Misconfigured]: 'config',
};

function byExit({ code, signal, oomKills, stderr, served }: Evidence): Crash {
  if (signal === 'SIGKILL' && oomKills > 0) {
    return describeCrash('oom_cgroup', 'the kernel killed it: the memory limit was reached');
  }
  if (signal !== null) return describeCrash('killed', `it was ended by ${signal}`);
  const when = served ? 'while it served' : 'before it was ready';
  if (code === 0) return describeCrash('clean_exit', `it exited unasked with 0 ${when}`);
  const crashClass = OF_CODES[code ?? -1] ?? 'uncaught';
  const line = stderr.findLast((candidate) => /^\s*(\w*Error\b|Uncaught)/.test(candidate));
  const said = line === undefined ? '' : `: ${line.trim()}`;
  return describeCrash(crashClass, `it exited with ${code ?? 'nothing'} ${when}${said}`);
}

function meaningOf(state: string): string {
  const meanings: Readonly<Record<string, string>> = {
    R: 'state R: it computes',
    T: 'state T: it was stopped',
    S: 'state S: it waits in a synchronous call',
    D: 'state D: it waits for a disk',
  };
  return meanings[state] ?? `state ${state}`;
}

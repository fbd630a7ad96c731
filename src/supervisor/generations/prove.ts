import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { codeOf } from '../../shared/errors.ts';
import { forgetProof, readProof } from '../../shared/generation.ts';
import type { Fault, Proof } from '../../shared/proof.ts';
import { StderrRing } from '../../shared/stderr-ring.ts';

export interface ProveOptions {
  readonly stateFolder: string;
  /** `bin/holdfast.js`. */
  readonly bin: string;
  readonly execArgv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
  /** Called with each line that it prints: secrets in it are not struck out. */
  readonly onLine: (line: string) => void;
}

/** How long after its end we wait for what it still has to say. What it started may hold its output open for ever. */
const OUTPUT_GRACE_MS = 250;
const NOWHERE = {
  file: undefined,
  line: undefined,
  column: undefined,
  subject: undefined,
} as const;

/**
 * Loads a generation in a process of its own, which may fail in whatever way, and says what came of it. Resolves with faults
 * where that process ends without a word, or takes too long, or where `signal` is aborted.
 */
export async function prove(
  generation: string,
  options: ProveOptions,
  signal: AbortSignal,
): Promise<Proof> {
  const { stateFolder } = options;
  const startedAt = performance.now();
  const at = Date.now();
  forgetProof(stateFolder, generation);
  const end = await runProver(generation, options, signal);
  const proof = readProof(stateFolder, generation);
  if (end === 'exit 0' && proof !== undefined) return proof;
  // What it found is worth more than how it ended.
  if (proof !== undefined && proof.faults.length > 0) return proof;
  const tookMs = Math.round(performance.now() - startedAt);
  const faults = [faultOf(end, options)];
  return { generation, at, tookMs, entries: proof?.entries ?? [], faults, warnings: [] };
}

/** How it ended: `exit 0`, a signal, the code of an error, or that it was too late, or not wanted any more. */
async function runProver(
  generation: string,
  options: ProveOptions,
  signal: AbortSignal,
): Promise<string> {
  const { deadlineMs, onLine } = options;
  if (signal.aborted) return 'stopped';
  const child = tryToSpawn(generation, options);
  if (typeof child === 'string') return child;
  // It is held open, and ends with us: then the prover ends too.
  child.stdin?.on('error', () => undefined);
  const outputs = [child.stdout, child.stderr].map((stream) => new StderrRing(stream, onLine));
  const over = new AbortController();
  const ended = once(child, 'exit').then(
    ([code, by]) => (by === null ? `exit ${String(code)}` : String(by)),
    (error: unknown) => codeOf(error) ?? 'unknown error',
  );
  const late = sleep(deadlineMs, 'late', { signal: AbortSignal.any([over.signal, signal]) });
  const outcome = await Promise.race([ended, late.catch(() => 'stopped')]);
  over.abort();
  endGroup(child.pid);
  await ended;
  const patience = new AbortController();
  const grace = sleep(OUTPUT_GRACE_MS, undefined, { signal: patience.signal });
  await Promise.race([
    Promise.all(outputs.map((output) => output.ended)),
    grace.catch(() => undefined),
  ]);
  patience.abort();
  for (const output of outputs) output.letGo();
  return outcome;
}

/** Where there is no memory for a process, Node throws; where there are no files, it tells later. */
function tryToSpawn(
  generation: string,
  { bin, execArgv, environment }: ProveOptions,
): ChildProcess | string {
  try {
    return spawn(process.execPath, [...execArgv, bin, 'prove', generation], {
      env: environment,
      stdio: 'pipe',
      // A group of its own: with it ends what tools started.
      detached: true,
    });
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code;
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

function faultOf(end: string, { deadlineMs }: ProveOptions): Fault {
  return { ...NOWHERE, message: sentenceOf(end, deadlineMs) };
}

function sentenceOf(end: string, deadlineMs: number): string {
  switch (end) {
    case 'late':
      return `The tools do not finish loading within ${deadlineMs} ms. Does a file wait for something, or compute, when it is imported?`;
    case 'stopped':
      return 'Holdfast stops, and the tools were not proved';
    case 'SIGABRT':
    case 'exit 134':
      return 'The process that loaded the tools was aborted: they take more memory than a worker has, or a native module fails. What it printed says more';
    default:
      return `The process that loaded the tools ended early (${end}). What it printed says more`;
  }
}

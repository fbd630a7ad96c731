import { url as debuggerUrl } from 'node:inspector';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** A tool that computes for so long is worth a look, but not yet a hang. */
export const BLOCKED_MS = 1_500;
/** How often the event loop shows that it turns. */
const BEAT_MS = 250;
/** The thread does little; V8 would give it far more. */
const MEMORY = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

/** What the thread is told: `beats` counts up while the event loop of the main thread turns. */
export interface HangWatch {
  readonly beats: Int32Array;
  /** How long the count may stand still. */
  readonly silenceMs: number;
  /** Paths in stacks are written relative to this folder. */
  readonly root: string;
}

export interface HangWatchOptions extends Pick<HangWatch, 'silenceMs' | 'root'> {
  /** Called if there is no thread, or it ends, and so there is no watch. This process goes on. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Starts a thread that watches the event loop of this one. Where that is blocked for `silenceMs`, the
 * thread interrupts it, reads its stack, lets it go on, and writes one line to stderr, once for each
 * time. Neither the thread nor the watch keeps the process alive. Who debugs a process stops it on
 * purpose: there is no watch then.
 */
export function watchForHangs({ silenceMs, root, onFailure }: HangWatchOptions): void {
  if (debuggerUrl() !== undefined) return;
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
  const workerData: HangWatch = { beats, silenceMs, root };
  // Compiled for npm, it lies beside us under another extension.
  const file = new URL(`hang-thread${extname(import.meta.url)}`, import.meta.url);
  try {
    const thread = new Worker(file, { workerData, execArgv: [], env: {}, resourceLimits: MEMORY });
    thread.on('error', onFailure);
    thread.unref();
  } catch (error) {
    onFailure(error);
  }
}

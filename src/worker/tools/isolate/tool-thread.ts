import { getCompileCacheDir } from 'node:module';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';

import type { Piscina } from 'piscina';

import { codeOf } from '../../../shared/errors.ts';
import { MemoryWatch } from './memory-watch.ts';
import { hearPrinted } from './printed.ts';
import { isLate, type Late, type Outcome, type Task, type ThreadSettings } from './task.ts';

/** Why a thread ended while it ran a call, where nobody gave that up. */
export type Died =
  | { readonly kind: 'died'; readonly of: 'memory' | 'stopped' }
  | { readonly kind: 'died'; readonly of: 'exit'; readonly exitCode: number }
  | { readonly kind: 'died'; readonly of: 'start'; readonly error: unknown };

type TransferList = NonNullable<
  NonNullable<Parameters<InstanceType<Library>['run']>[1]>['transferList']
>;
/** What a thread is made with. */
export type Library = typeof Piscina<Task, Outcome>;

export interface ToolThreadOptions {
  readonly library: Library;
  readonly settings: ThreadSettings;
  readonly memoryBytesMax: number;
  readonly onPrinted: (stream: 'stdout' | 'stderr', text: string) => void;
  /** Told what a call left running threw. */
  readonly onLate: (late: Late) => void;
}

const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';
const MIB = 1_048_576;
/**
 * V8's own bound: so many times what is allowed. Where it finds no room for one large thing it ends the whole process, so that
 * we want to be there before.
 */
const ROOM = 3;
// Compiled for npm, it lies beside us under another extension.
const FILE = fileURLToPath(new URL(`thread${extname(import.meta.url)}`, import.meta.url));

/**
 * One thread, for tools of one version, and for one call at a time. It starts with its first. Whoever has it end waits for
 * `gone` before there may be another in its place.
 */
export class ToolThread {
  readonly version: string;
  readonly #options: ToolThreadOptions;
  readonly #pool: Piscina<Task, Outcome>;
  readonly #gone = Promise.withResolvers<void>();
  #worker: Worker | undefined;
  #exitCode = 0;
  #failure: unknown;
  #isEnding = false;
  #endsWithCall = false;
  #isStopped = false;

  constructor(version: string, options: ToolThreadOptions) {
    const { library: Pool, settings, memoryBytesMax } = options;
    this.version = version;
    this.#options = options;
    // A pool of its own has no queue, where calls that were given up, or whose thread died, would be lost from sight.
    this.#pool = new Pool({
      filename: FILE,
      name: 'serve',
      minThreads: 0,
      maxThreads: 1,
      maxQueue: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Else the event loop of the thread stands still between two calls, and what one left running meets the next.
      atomics: 'disabled',
      recordTiming: false,
      env: environment(),
      argv: [],
      workerData: settings,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil((ROOM * memoryBytesMax) / MIB) },
    });
    this.#pool.on('error', (error) => {
      this.#failure = error;
      this.#end();
    });
    this.#pool.on('message', (said: unknown) => {
      // Whatever runs there can say something here.
      if (isLate(said)) options.onLate(said);
    });
  }

  /** Resolves once it has ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** It takes no further call. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Runs one call. Rejects with the signal's reason as soon as that aborts, and then the thread ends, whatever it does. */
  async run(task: Task, signal: AbortSignal): Promise<Outcome | Died> {
    signal.throwIfAborted();
    // oxlint-disable-next-line no-unsafe-type-assertion -- the package takes its type from an overload that is not the one it calls
    const transferList = [task.port] as TransferList;
    const running = this.#pool.run(task, { transferList, signal });
    this.#worker ??= this.#adopt();
    const { memoryBytesMax } = this.#options;
    using watch = new MemoryWatch(this.#worker, memoryBytesMax, () => {
      this.#end();
    });
    try {
      return await running;
    } catch (error) {
      const isUntouched = signal.aborted && this.#pool.threads.length > 0;
      if (!isUntouched) this.#end();
      signal.throwIfAborted();
      return this.#autopsy(error, watch.isOver);
    } finally {
      if (this.#endsWithCall) this.#end();
    }
  }

  /** Ends it with the call that it runs. */
  endWithCall(): void {
    this.#endsWithCall = true;
  }

  /** Ends it, whatever it does. */
  end(): void {
    this.#isStopped = !this.#isEnding;
    this.#end();
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#worker === undefined) this.#gone.resolve();
    void this.#pool.destroy();
  }

  #adopt(): Worker {
    const [worker] = this.#pool.threads;
    if (worker === undefined) throw new Error('A pool starts its thread with its first task');
    for (const stream of ['stdout', 'stderr'] as const) {
      hearPrinted(worker[stream], (text) => {
        this.#options.onPrinted(stream, text);
      });
    }
    worker.once('exit', (code) => {
      this.#exitCode = code;
      this.#end();
      this.#gone.resolve();
    });
    return worker;
  }

  #autopsy(error: unknown, tookTooMuch: boolean): Died {
    const causes = [error, this.#failure];
    if (tookTooMuch || causes.some((cause) => codeOf(cause) === OUT_OF_MEMORY)) {
      return { kind: 'died', of: 'memory' };
    }
    if (this.#isStopped) return { kind: 'died', of: 'stopped' };
    if (this.#failure !== undefined) {
      return { kind: 'died', of: 'start', error: this.#failure };
    }
    return { kind: 'died', of: 'exit', exitCode: this.#exitCode };
  }
}

/** Nothing of ours, but where compiled modules are kept: with them a thread starts in half the time. */
function environment(): { readonly NODE_COMPILE_CACHE?: string } {
  const folder = getCompileCacheDir();
  // Node's own folder for its version is inside.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

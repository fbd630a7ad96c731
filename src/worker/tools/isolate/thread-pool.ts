import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';

import { Failure } from '../../../shared/errors.ts';
import { Turns } from '../turns.ts';
import type { Late } from './task.ts';
import { type Library, ToolThread, type ToolThreadOptions } from './tool-thread.ts';

export interface ThreadPoolOptions
  extends Pick<ToolThreadOptions, 'settings' | 'memoryBytesMax' | 'onPrinted'> {
  /** How many there may be at once. */
  readonly threads: number;
  /** Calls that wait, of all tools together. */
  readonly queueMax: number;
  /** Told what a call left running threw. */
  readonly onLate: (late: Late, version: string) => void;
}

interface Waiter {
  readonly resolve: (thread: ToolThread) => void;
  readonly reject: (reason: unknown) => void;
}

/** A thread that is in native code ends only when that returns. */
const END_MS = 1_000;

/** The threads there are. Each takes one call at a time, of tools of one version. Those who find none free wait, and each tool has its turn. */
export class ThreadPool implements AsyncDisposable {
  readonly #options: ThreadPoolOptions;
  /** All there are, until they are gone: what cannot be ended is not to be doubled. */
  readonly #threads = new Set<ToolThread>();
  readonly #idle = new Set<ToolThread>();
  /** Who waits, by version and tool. */
  readonly #turns = new Turns<Waiter>();
  #loading: Promise<Library> | undefined;
  #library: Library | undefined;
  #served: ReadonlySet<string> | undefined;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
  }

  /** Resolves with a thread, which has to be given back. Rejects with a `Failure` (`limited`) if too many wait, and with the signal's reason. */
  async take(version: string, tool: string, signal: AbortSignal): Promise<ToolThread> {
    this.#loading ??= loadLibrary();
    this.#library = await this.#loading;
    signal.throwIfAborted();
    const thread = this.#find(version);
    if (thread !== undefined) return thread;
    if (this.#turns.size >= this.#options.queueMax) {
      throw new Failure('limited', 'Too many calls of isolated tools wait for their turn');
    }
    return this.#wait(`${version} ${tool}`, signal);
  }

  /** A call is over. Whoever waits gets the thread, unless that ends. */
  giveBack(thread: ToolThread): void {
    if (thread.isEnding) return;
    if (this.#served?.has(thread.version) === false) {
      thread.end();
      return;
    }
    this.#idle.add(thread);
    this.#next();
  }

  /** Threads of other versions than these end as soon as their calls have. */
  serve(versions: readonly string[]): void {
    this.#served = new Set(versions);
    for (const thread of this.#idle) if (!this.#served.has(thread.version)) this.#retire(thread);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { reject } of this.#turns.takeAll()) {
      reject(new Failure('unavailable', 'This worker stops'));
    }
    const gone = [...this.#threads].map((thread) => {
      thread.end();
      return thread.gone;
    });
    await Promise.race([Promise.all(gone), sleep(END_MS, undefined, { ref: false })]);
  }

  async #wait(row: string, signal: AbortSignal): Promise<ToolThread> {
    const { promise, resolve, reject } = Promise.withResolvers<ToolThread>();
    const waiter = { resolve, reject };
    const abort = (): void => {
      this.#turns.delete(row, waiter);
      reject(signal.reason);
    };
    this.#turns.add(row, waiter);
    signal.addEventListener('abort', abort);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** A thread is free, or there is room for another. */
  #next(): void {
    for (;;) {
      let thread: ToolThread | undefined;
      const waiter = this.#turns.take((row) => {
        const [version = ''] = row.split(' ');
        thread = this.#find(version);
        return thread !== undefined;
      });
      if (waiter === undefined || thread === undefined) return;
      waiter.resolve(thread);
    }
  }

  #find(version: string): ToolThread | undefined {
    for (const thread of this.#idle) {
      if (thread.version !== version) continue;
      this.#idle.delete(thread);
      return thread;
    }
    if (this.#threads.size < this.#options.threads) return this.#open(version);
    // One that nobody needs just now makes room.
    const [other] = this.#idle;
    if (other !== undefined) this.#retire(other);
    return undefined;
  }

  #open(version: string): ToolThread | undefined {
    if (this.#library === undefined) return undefined;
    const thread = new ToolThread(version, {
      ...this.#options,
      library: this.#library,
      onLate: (late) => {
        this.#options.onLate(late, version);
        // Whoever runs there by now is not to blame.
        if (this.#idle.has(thread)) this.#retire(thread);
        else thread.endWithCall();
      },
    });
    this.#threads.add(thread);
    void thread.gone.then(() => {
      this.#threads.delete(thread);
      this.#idle.delete(thread);
      this.#next();
    });
    return thread;
  }

  #retire(thread: ToolThread): void {
    this.#idle.delete(thread);
    thread.end();
  }
}

/** Workers without isolated tools never load it. */
async function loadLibrary(): Promise<Library> {
  const { Piscina } = await import('piscina');
  // The bound of the heap that this process was started with would be that of each thread too. The main thread keeps it.
  setFlagsFromString('--max-old-space-size=0');
  return Piscina;
}

import cluster, { type Worker } from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';

import { codeOf } from '../../shared/errors.ts';
import { type FromSupervisor, type FromWorker, parseFromWorker } from '../../shared/ipc.ts';
import { StderrRing } from '../../shared/stderr-ring.ts';
import { guardCluster } from './cluster-guard.ts';

/** How a process ended, and the last it printed. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why there was never a process, if there was none. */
  readonly forkError: string | undefined;
  readonly stderr: readonly string[];
}

/** A process that was forked, or why there is none. */
export type Forked = Worker | { readonly forkError: string };

export interface WorkerProcessOptions {
  readonly onMessage: (said: FromWorker) => void;
  readonly onStderrLine: (line: string) => void;
  readonly onChannelError: (code: string) => void;
  /** Connections on their way to it were closed when it died. */
  readonly onHandlesClosed: (count: number) => void;
  /** Its channel closed, and it has not ended since. */
  readonly onLost: () => void;
}

/** How long after a process's end we wait for what it still has to say. A grandchild may hold stderr open for ever. */
const STDERR_GRACE_MS = 250;
const LOST_MS = 2_000;

/** The process of a worker: its channel, what it prints, and its end. */
export class WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when it has ended. */
  readonly ended: Promise<ProcessEnd>;
  readonly #worker: Forked;
  readonly #options: WorkerProcessOptions;

  /** Has to be called in the turn of the fork: what is said before anybody listens is lost. */
  constructor(worker: Forked, options: WorkerProcessOptions) {
    this.#worker = worker;
    this.#options = options;
    if ('forkError' in worker) {
      const { forkError } = worker;
      this.ended = Promise.resolve({ code: null, signal: null, forkError, stderr: [] });
      return;
    }
    this.pid = worker.process.pid;
    const stderr = new StderrRing(worker.process.stderr ?? null, options.onStderrLine);
    guardCluster(worker, options.onHandlesClosed);
    worker.on('message', (message: unknown) => {
      const said = parseFromWorker(message);
      if (said !== undefined) options.onMessage(said);
    });
    this.ended = this.#untilEnd(worker, stderr);
    worker.once('disconnect', () => {
      const patience = setTimeout(options.onLost, LOST_MS);
      void this.ended.then(() => {
        clearTimeout(patience);
      });
    });
  }

  /** Should it be gone already, its end says so. */
  tell(message: FromSupervisor): void {
    const worker = this.#worker;
    if ('forkError' in worker || !worker.isConnected()) return;
    worker.send(message, (error: Error | null) => {
      if (error !== null) this.#options.onChannelError(codeOf(error) ?? 'unknown error');
    });
  }

  /** A blocked event loop does not hear any other signal. */
  kill(): void {
    if (!('forkError' in this.#worker)) this.#worker.process.kill('SIGKILL');
  }

  async #untilEnd(worker: Worker, stderr: StderrRing): Promise<ProcessEnd> {
    const { promise, resolve } = Promise.withResolvers<Omit<ProcessEnd, 'stderr'>>();
    worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      resolve({ code, signal, forkError: undefined });
    });
    worker.on('error', (error: unknown) => {
      const code = codeOf(error) ?? 'unknown error';
      if (this.pid !== undefined) {
        // One that dies while we write to it is reported by its exit.
        this.#options.onChannelError(code);
        return;
      }
      // One that was never born has no exit, and stays on the list.
      delete cluster.workers?.[worker.id];
      resolve({ code: null, signal: null, forkError: code });
    });
    const how = await promise;
    if (how.forkError === undefined) {
      const patience = new AbortController();
      const overdue = sleep(STDERR_GRACE_MS, undefined, { signal: patience.signal });
      await Promise.race([stderr.ended, overdue.catch(() => undefined)]);
      patience.abort();
      stderr.letGo();
    }
    return { ...how, stderr: stderr.lines() };
  }
}

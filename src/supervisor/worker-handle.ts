import type { Worker } from 'node:cluster';

import { type FromSupervisor, parseFromWorker } from '../shared/ipc.ts';
import type { WorkerExit } from './restart-policy.ts';

/** One incarnation of a worker as its supervisor sees it: what it last said, and how to be rid of it. */
export class WorkerHandle {
  readonly pid: number | undefined;
  /** Resolves with the port when it serves. Stays pending if it ends before. */
  readonly ready: Promise<number>;
  readonly exited: Promise<WorkerExit>;
  readonly #worker: Worker;
  readonly #bornAt = performance.now();
  #readyAt: number | undefined;
  #stopping = false;
  #heardAt = performance.now();

  constructor(worker: Worker) {
    this.pid = worker.process.pid;
    this.#worker = worker;
    const { promise: ready, resolve: serves } = Promise.withResolvers<number>();
    this.ready = ready;
    worker.on('message', (message: unknown) => {
      const said = parseFromWorker(message);
      if (said === undefined) return;
      this.#heardAt = performance.now();
      if (said.type !== 'ready') return;
      this.#readyAt ??= performance.now();
      serves(said.port);
    });
    this.exited = new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
        resolve(this.#describeExit(code, signal));
      });
      // A worker that dies while we write to it is reported by its exit. One that was never born has none.
      worker.on('error', () => {
        if (this.pid === undefined) resolve(this.#describeExit(null, null));
      });
    });
  }

  get isReady(): boolean {
    return this.#readyAt !== undefined && !this.#stopping;
  }

  /** Counts its silence anew: we did not listen. */
  excuse(now: number): void {
    this.#heardAt = now;
  }

  silentForMs(now: number): number {
    return now - this.#heardAt;
  }

  /** Should it be gone already, its exit says so. */
  tell(message: FromSupervisor): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => undefined);
  }

  /** Asks the worker to drain, and kills it if it is still there after `graceMs`. */
  stop(graceMs: number): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.tell({ type: 'drain' });
    const overdue = setTimeout(() => {
      this.kill();
    }, graceMs);
    void this.exited.finally(() => {
      clearTimeout(overdue);
    });
  }

  /** Ends the worker now: it hangs, or nobody waits for it any longer. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #describeExit(code: number | null, signal: NodeJS.Signals | null): WorkerExit {
    const now = performance.now();
    const readyForMs = this.#readyAt === undefined ? undefined : now - this.#readyAt;
    return { code, signal, asked: this.#stopping, uptimeMs: now - this.#bornAt, readyForMs };
  }
}

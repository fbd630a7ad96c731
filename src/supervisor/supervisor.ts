import { setTimeout as sleep } from 'node:timers/promises';

import { ExitCode } from '../shared/exit-codes.ts';
import type { FromSupervisor, WorkerRole } from '../shared/ipc.ts';
import type { Logger } from '../shared/logger.ts';
import {
  judge,
  NO_CRASHES,
  type RestartBudget,
  type Verdict,
  type WorkerExit,
} from './restart-policy.ts';
import type { WorkerHandle } from './worker-handle.ts';

export interface SupervisorOptions {
  readonly workerCount: number;
  readonly budget: RestartBudget;
  /** How long a worker may take to end once it was told to. */
  readonly stopMs: number;
  /** A worker not heard of for so long is taken to hang, booting or not. */
  readonly silenceMsMax: number;
  readonly log: Logger;
  readonly fork: (role: WorkerRole) => WorkerHandle;
  /** Called once, when every slot has a worker that serves. */
  readonly onServing: (port: number) => void;
}

/**
 * Keeps the workers running until told to stop, or until restarting them is of no more use.
 * The first worker boots alone, as the canary: what is wrong with all shows once.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #workers = new Set<WorkerHandle>();
  readonly #stop = new AbortController();
  readonly #canaryReady = Promise.withResolvers<void>();
  readonly #slotsServed = new Set<number>();
  readonly #watchMs: number;
  #watchedAt = performance.now();
  #exitCode: ExitCode = ExitCode.Stopped;
  #crashes = NO_CRASHES;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#watchMs = options.silenceMsMax / 4;
    this.#stop.signal.addEventListener('abort', () => {
      this.#canaryReady.resolve();
    });
  }

  /** Resolves when every worker has ended, with the code to exit with. */
  async run(): Promise<ExitCode> {
    const watch = setInterval(() => {
      this.#killTheSilent();
    }, this.#watchMs);
    const slots = Array.from({ length: this.#options.workerCount }, async (_, slot) => {
      if (slot > 0) await this.#canaryReady.promise;
      await this.#keepRunning(slot);
    });
    try {
      await Promise.all(slots);
    } finally {
      clearInterval(watch);
    }
    return this.#exitCode;
  }

  /** Drains the workers. Called a second time, it does not wait for them. */
  stop(exitCode: ExitCode = ExitCode.Stopped): void {
    if (this.#stop.signal.aborted) {
      for (const worker of this.#workers) worker.kill();
      return;
    }
    this.#exitCode = exitCode;
    this.#stop.abort();
    for (const worker of this.#workers) worker.stop(this.#options.stopMs);
  }

  /** Tells every worker there is. */
  tell(message: FromSupervisor): void {
    for (const worker of this.#workers) worker.tell(message);
  }

  async #keepRunning(slot: number): Promise<void> {
    let slotFailures = 0;
    while (!this.#stop.signal.aborted) {
      const worker = this.#options.fork({ slot, canary: this.#readyCount() === 0 });
      this.#workers.add(worker);
      void worker.ready.then((port) => {
        this.#onReady(slot, port);
      });
      const exit = await worker.exited;
      this.#workers.delete(worker);

      const verdict = this.#judge(exit, slotFailures);
      this.#report(slot, worker, exit, verdict);
      switch (verdict.kind) {
        case 'leave':
          return;
        case 'give-up':
          this.stop(verdict.exitCode);
          return;
        case 'restart':
          this.#crashes = verdict.record;
          slotFailures = verdict.slotFailures;
          await sleep(verdict.delayMs, undefined, { signal: this.#stop.signal }).catch(
            () => undefined,
          );
      }
    }
  }

  #judge(exit: WorkerExit, slotFailures: number): Verdict {
    const circumstances = {
      record: this.#crashes,
      slotFailures,
      readyCount: this.#readyCount(),
      now: performance.now(),
      random: Math.random(),
    };
    return judge(exit, circumstances, this.#options.budget);
  }

  #report(slot: number, { pid }: WorkerHandle, exit: WorkerExit, verdict: Verdict): void {
    const { log } = this.#options;
    const { code, signal } = exit;
    const ended = {
      worker: slot,
      workerPid: pid,
      code,
      signal,
      uptimeMs: Math.round(exit.uptimeMs),
    };
    switch (verdict.kind) {
      case 'leave':
        log.info('worker ended as asked', ended);
        return;
      case 'restart':
        log.warn('worker died, restarting it', { ...ended, delayMs: verdict.delayMs });
        return;
      case 'give-up':
        log.error('worker died, giving up', {
          ...ended,
          reason: verdict.reason,
          exitCode: verdict.exitCode,
        });
    }
  }

  #onReady(slot: number, port: number): void {
    this.#canaryReady.resolve();
    this.#crashes = { ...this.#crashes, bootFailures: 0 };
    if (this.#slotsServed.size === this.#options.workerCount) {
      this.#options.log.info('worker is back', { worker: slot });
      return;
    }
    this.#slotsServed.add(slot);
    if (this.#slotsServed.size === this.#options.workerCount) this.#options.onServing(port);
  }

  #readyCount(): number {
    return [...this.#workers].filter((worker) => worker.isReady).length;
  }

  #killTheSilent(): void {
    const now = performance.now();
    const weSlept = now - this.#watchedAt > 2 * this.#watchMs;
    this.#watchedAt = now;
    for (const worker of this.#workers) {
      // What they said while we were stopped is still to be read.
      if (weSlept) worker.excuse(now);
      if (worker.silentForMs(now) < this.#options.silenceMsMax) continue;
      this.#options.log.error('worker is silent, killing it', { workerPid: worker.pid });
      worker.kill();
    }
  }
}

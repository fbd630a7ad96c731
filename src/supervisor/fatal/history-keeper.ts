import type { SupervisorEvent } from '../events.ts';
import { findProcess } from '../process-identity.ts';
import type { History } from './history.ts';

/** Keeps the history up to date with what happens. */
export class HistoryKeeper implements Disposable {
  readonly #history: History;
  readonly #healthyMs: number;
  readonly #workers = new Map<number, ReturnType<typeof findProcess>>();
  #isReady = false;
  #recovering: NodeJS.Timeout | undefined;

  constructor(history: History, healthyMs: number) {
    this.#history = history;
    this.#healthyMs = healthyMs;
  }

  heed(event: SupervisorEvent): void {
    switch (event.type) {
      case 'worker_ready':
        if (!this.#isReady) this.#history.add({ type: 'ready' });
        this.#isReady = true;
        return;
      case 'worker_forked':
        if (event.pid !== undefined) this.#workers.set(event.pid, findProcess(event.pid));
        this.#saveWorkers();
        return;
      case 'worker_exited':
        this.#workers.delete(event.pid ?? 0);
        this.#saveWorkers();
        return;
      case 'state_changed':
        clearTimeout(this.#recovering);
        if (event.to === 'RUNNING') this.#startRecovery();
        return;
      default:
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#recovering);
  }

  /** Whoever ran for so long without a gap has overcome what ended earlier runs. */
  #startRecovery(): void {
    this.#recovering = setTimeout(() => {
      this.#history.add({ type: 'healthy' });
    }, this.#healthyMs).unref();
  }

  /** So that the next run finds those that hang on after we were killed. */
  #saveWorkers(): void {
    const processes = [...this.#workers.values()].filter((known) => known !== undefined);
    this.#history.add({ type: 'workers', processes });
  }
}

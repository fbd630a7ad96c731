import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '../../shared/logger.ts';
import { type ServerProcess, stopServer } from './server-process.ts';

export interface KeptServerOptions {
  readonly name: string;
  /** Starts it, or finds it running. Resolves when it serves. */
  readonly start: () => Promise<ServerProcess>;
  /** What asks it to stop, and what makes it. */
  readonly stopSignals: readonly [NodeJS.Signals, NodeJS.Signals];
  readonly backoff: { readonly backoffMs: number; readonly backoffMaxMs: number };
  readonly log: Logger;
}

const STOP_GRACE_MS = 5_000;
/** A server that ran for so long has recovered: its next end is the first again. */
const STABLE_MS = 60_000;

/** Keeps an embedded server running until disposed of: one that ends unasked is started again, on the same port. */
export class KeptServer implements AsyncDisposable {
  readonly #options: KeptServerOptions;
  readonly #stop = new AbortController();
  readonly #kept: Promise<void>;
  #current: ServerProcess;

  private constructor(options: KeptServerOptions, first: ServerProcess) {
    this.#options = options;
    this.#current = first;
    this.#kept = this.#keep();
  }

  /** Rejects if it cannot be started even once. */
  static async start(options: KeptServerOptions): Promise<KeptServer> {
    return new KeptServer(options, await options.start());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await stopServer(this.#current, this.#options.stopSignals, STOP_GRACE_MS);
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { name, log, backoff } = this.#options;
    let failures = 0;
    let startedAt = performance.now();
    for (;;) {
      const how = await this.#current.ended;
      if (this.#stop.signal.aborted) return;
      failures = performance.now() - startedAt > STABLE_MS ? 1 : failures + 1;
      const delayMs = Math.min(backoff.backoffMs * 2 ** (failures - 1), backoff.backoffMaxMs);
      log.error('embedded server ended', { server: name, how, nextStartMs: delayMs });
      await this.#pause(delayMs);
      if (this.#stop.signal.aborted) return;
      startedAt = performance.now();
      await this.#startAgain();
    }
  }

  async #startAgain(): Promise<void> {
    const { name, log, start } = this.#options;
    try {
      this.#current = await start();
      log.info('embedded server is back', { server: name, pid: this.#current.identity.pid });
    } catch (error) {
      // The next round counts it as one more failure: `ended` of the old one is long settled.
      log.error('embedded server cannot be started', { server: name, error });
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';

import type { Logger } from '../../shared/logger.ts';
import type { ServerProcess } from './server-process.ts';

export interface KeptServerOptions {
  readonly name: string;
  /** Starts it, or finds it running. Resolves when it serves. */
  readonly start: () => Promise<ServerProcess>;
  /** Stops it, and whatever is left of it should it be dead. */
  readonly stop: (server: ServerProcess) => Promise<void>;
  readonly backoff: { readonly backoffMs: number; readonly backoffMaxMs: number };
  readonly log: Logger;
}

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
    await this.#options.stop(this.#current);
    await this.#kept;
  }

  /** Ends when we are disposed of, with no server running. */
  async #keep(): Promise<void> {
    const { name, log } = this.#options;
    let failures = 0;
    for (;;) {
      const startedAt = performance.now();
      const how = await this.#current.ended;
      if (this.#stop.signal.aborted) return;
      log.error('embedded server ended', { server: name, how });
      if (performance.now() - startedAt > STABLE_MS) failures = 0;
      do {
        failures += 1;
        await this.#pause(failures);
        if (this.#stop.signal.aborted) return;
      } while (!(await this.#startAgain()));
      // It came back while we were being disposed of.
      if (this.#stop.signal.aborted) await this.#options.stop(this.#current);
    }
  }

  async #startAgain(): Promise<boolean> {
    const { name, log, start } = this.#options;
    try {
      this.#current = await start();
      log.info('embedded server is back', {
        server: name,
        serverPid: this.#current.identity.pid,
      });
      return true;
    } catch (error) {
      log.error('embedded server cannot be started', { server: name, error });
      return false;
    }
  }

  async #pause(failures: number): Promise<void> {
    const { backoffMs, backoffMaxMs } = this.#options.backoff;
    const delayMs = Math.min(backoffMs * 2 ** (failures - 1), backoffMaxMs);
    await sleep(delayMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop is looked at. Of what it shows, so much is waiting. */
const RESOLUTION_MS = 100;
const NS_PER_MS = 1e6;

/** Measures the supervisor's own process: how late its event loop is, and what it holds. */
export class SelfGauge implements Disposable {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delays.enable();
  }

  /** Milliseconds, at the 99th percentile since the start. Nothing before the first measurement. */
  get loopLagP99Ms(): number | undefined {
    if (this.#delays.count === 0) return undefined;
    const lateMs = this.#delays.percentile(99) / NS_PER_MS - RESOLUTION_MS;
    return Math.max(0, Math.round(lateMs));
  }

  /** Bytes of memory. Nothing where the system does not say. */
  get rssBytes(): number | undefined {
    try {
      return process.memoryUsage.rss();
    } catch {
      // Out of file descriptors, say.
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#delays.disable();
  }
}

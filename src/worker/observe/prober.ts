import type { DependencyReport } from '../../shared/ipc.ts';

export interface ProberOptions {
  readonly probe: (timeoutMs: number) => Promise<readonly DependencyReport[]>;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly report: (report: DependencyReport) => void;
}

/** Asks the dependencies how they are, time and again, once this worker is chosen to do so for all. */
export class Prober implements Disposable {
  readonly #options: ProberOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#timer === undefined) this.#next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** The next question comes after the answer to this one: they never pile up. */
  #next(): void {
    const { probe, everyMs, timeoutMs, report } = this.#options;
    const timer = setTimeout(() => {
      void probe(timeoutMs).then((reports) => {
        for (const each of reports) report(each);
        // It may have been stopped meanwhile, and started again.
        if (this.#timer === timer) this.#next();
      });
    }, everyMs).unref();
    this.#timer = timer;
  }
}

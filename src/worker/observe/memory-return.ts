import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many connections hold enough memory to be worth a stop of some ten milliseconds. */
const GONE_MIN = 1_000;
/** Below this nobody feels the stop. */
const UTILIZATION_MAX = 0.1;

/** How busy a worker was lately, and what it holds. */
interface Beat {
  readonly utilization: number;
  readonly webSockets: number;
  readonly http: number;
}

/**
 * Gives memory back to the system when many connections have gone and nothing is done: V8 looks for what is left of them when
 * it needs room, and a worker that is idle needs none for hours.
 */
export class MemoryReturn {
  readonly #collect: () => void;
  /** The most connections there were since memory was given back. */
  #held = 0;

  constructor(collect = collectAll) {
    this.#collect = collect;
  }

  /** To be told of every heartbeat. */
  heed({ utilization, webSockets, http }: Beat): void {
    const now = webSockets + http;
    this.#held = Math.max(this.#held, now);
    if (this.#held - now < GONE_MIN || utilization > UTILIZATION_MAX) return;
    this.#held = now;
    this.#collect();
  }
}

/** V8 shows it in contexts that are made while the flag is set, and tools are to see nothing of it. */
function collectAll(): void {
  setFlagsFromString('--expose-gc');
  try {
    runInNewContext('gc()');
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}

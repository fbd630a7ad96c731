/** So many threads in so long a time, and a tool is refused for as long. */
const DEATHS_MAX = 5;
const WINDOW_MS = 60_000;
const REFUSED_MS = 60_000;

interface Record {
  /** When its threads ended, the oldest first. */
  readonly deaths: number[];
  refusedUntil: number;
}

/** Tools that end the threads they run in, and those that are refused for it. Of one version: another may be mended. */
export class RefusedTools {
  readonly #now: () => number;
  readonly #records = new Map<string, Record>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long a tool is refused for; 0 if it is not. */
  refusedForMs(tool: string): number {
    return Math.max(0, (this.#records.get(tool)?.refusedUntil ?? 0) - this.#now());
  }

  /** Notes that a tool ended a thread. Says whether it is refused from now on. */
  note(tool: string): boolean {
    this.#forgetOld();
    const now = this.#now();
    const record = this.#records.get(tool) ?? { deaths: [], refusedUntil: 0 };
    this.#records.set(tool, record);
    record.deaths.push(now);
    while ((record.deaths[0] ?? now) <= now - WINDOW_MS) record.deaths.shift();
    if (record.deaths.length < DEATHS_MAX) return false;
    record.deaths.length = 0;
    record.refusedUntil = now + REFUSED_MS;
    return true;
  }

  /** There are no more than tools, of versions that ran within the window. */
  #forgetOld(): void {
    const now = this.#now();
    for (const [tool, { deaths, refusedUntil }] of this.#records) {
      if ((deaths.at(-1) ?? 0) <= now - WINDOW_MS && refusedUntil <= now) {
        this.#records.delete(tool);
      }
    }
  }
}

import { CANNED, type Channel, numberOf, type OpenChannel } from './channel.ts';
import { within } from './deadline.ts';

/** Who says nothing for so long has lost it. */
const UNANSWERED_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
/** More at once than a server keeps up with by far: it would only fill memory. */
const RUNNING_MAX = 100_000;
const CHECK_EVERY = 64;
/** Opened at a time, so that a server's queue of connections does not overflow. */
const OPENED_TOGETHER = 16;

export interface ConnectionsOptions {
  readonly connections: number;
  readonly port: number;
  readonly open: OpenChannel;
  readonly headers: Readonly<Record<string, string>>;
  /** Throws if an answer is not what it has to be. Asked for every 64th. */
  readonly check: (answer: string, number: number) => void;
  /** Fails if a request waits longer than this. */
  readonly unansweredMs?: number;
}

/** Connections to a server, and what runs on each. The first thing that goes wrong is the end of all. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #channels = new Map<number, Channel>();
  /** Per connection, since when each request waits, by its number: servers may answer in any order. */
  readonly #running: Map<number, number>[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #watch: NodeJS.Timeout | undefined;
  #next = CANNED + 1;
  #runningCount = 0;
  #isClosed = false;
  #idle = Promise.withResolvers<void>();
  #stray = '';
  /** Called for each answer, with the connection and for how long it was waited for. */
  onAnswer: (index: number, latencyMs: number) => void = () => undefined;

  private constructor(options: ConnectionsOptions) {
    this.#options = options;
    // Whoever waits hears of it; nobody may be waiting.
    this.#failed.promise.catch(() => undefined);
  }

  static async open(options: ConnectionsOptions): Promise<Connections> {
    const opened = new Connections(options);
    try {
      while (opened.size < options.connections) await opened.#openSome();
    } catch (error) {
      opened.close();
      throw error;
    }
    opened.#watch = setInterval(() => opened.#failIfOverdue(), WATCH_EVERY_MS).unref();
    return opened;
  }

  get size(): number {
    return this.#running.length;
  }

  get runningCount(): number {
    return this.#runningCount;
  }

  /** Connects again what was closed meanwhile: not a part of what is measured. */
  async ready(): Promise<void> {
    const all = Array.from(this.#channels.values(), (channel) => channel.ready());
    await within(UNANSWERED_MS, Promise.all(all), 'Connecting again');
  }

  /** Sends a request; its answer is waited for since `sinceMs`. */
  ask(index: number, sinceMs: number): void {
    const number = this.#next;
    this.#next += 1;
    this.#runningCount += 1;
    if (this.#runningCount > RUNNING_MAX) this.#fail(new Error('The server does not keep up'));
    this.#running[index]?.set(number, sinceMs);
    this.#channels.get(index)?.send(number);
  }

  /** Resolves when the other does; rejects at once when something goes wrong. */
  async unlessFailed(waiting: Promise<unknown>): Promise<void> {
    await Promise.race([this.#failed.promise, waiting]);
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    if (this.#runningCount === 0) return;
    this.#idle = Promise.withResolvers();
    await this.unlessFailed(this.#idle.promise);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    for (const channel of this.#channels.values()) channel.close();
  }

  async #openSome(): Promise<void> {
    const missing = this.#options.connections - this.size;
    const opening = Array.from({ length: Math.min(missing, OPENED_TOGETHER) }, async () => {
      const index = this.#running.push(new Map()) - 1;
      const channel = await this.#options.open({
        port: this.#options.port,
        headers: this.#options.headers,
        heed: (payload) => this.#heed(index, payload),
        onError: (error) => this.#fail(error),
      });
      this.#channels.set(index, channel);
      // Others failed meanwhile.
      if (this.#isClosed) channel.close();
    });
    await this.unlessFailed(within(UNANSWERED_MS, Promise.all(opening), 'Opening a connection'));
  }

  #heed(index: number, payload: Buffer): void {
    const running = this.#running[index];
    const said = numberOf(payload);
    const number = said === CANNED ? running?.keys().next().value : said;
    const since = number === undefined ? undefined : running?.get(number);
    if (number === undefined || since === undefined) {
      // What nobody asked for, such as a notification, is no answer.
      this.#stray = payload.toString('utf8', 0, 500);
      return;
    }
    running?.delete(number);
    this.#runningCount -= 1;
    if (number % CHECK_EVERY === 0) this.#check(payload, number);
    this.onAnswer(index, performance.now() - since);
    if (this.#runningCount === 0) this.#idle.resolve();
  }

  #check(payload: Buffer, number: number): void {
    try {
      this.#options.check(payload.toString(), number);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #failIfOverdue(): void {
    const limitMs = this.#options.unansweredMs ?? UNANSWERED_MS;
    const before = performance.now() - limitMs;
    const isOverdue = this.#running.some((running) => {
      const [oldest] = running.values();
      return oldest !== undefined && oldest < before;
    });
    if (!isOverdue) return;
    const heard = this.#stray === '' ? '' : `, and this came that nobody asked for: ${this.#stray}`;
    this.#fail(new Error(`A request got no answer in ${limitMs / 1_000} s${heard}`));
  }

  #fail(error: Error): void {
    this.#failed.reject(error);
  }
}

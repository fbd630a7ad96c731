import { Asks } from '../protocol/asks.ts';
import { Requests, type RequestsOptions } from '../protocol/requests.ts';

/** What there is here of one session. Other workers may run something of it at the same time. */
export interface LocalSession<Caller> {
  readonly requests: Requests<Caller>;
  readonly asks: Asks;
}

/** Sessions that are kept though nothing runs of them: most ask again, and it costs more to make them anew. */
const KEPT_MAX = 1_000;

/** The sessions over HTTP of which something runs here, and some of which something ran. */
export class LocalSessions<Caller> {
  readonly #worker: string;
  readonly #here = new Map<string, LocalSession<Caller>>();
  #count = 0;
  /** Work that goes on in them. */
  #running = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  /** `worker` is this one, unlike any that ever was. */
  constructor(worker: string) {
    this.#worker = worker;
  }

  get size(): number {
    return this.#here.size;
  }

  find(id: string): LocalSession<Caller> | undefined {
    return this.#here.get(id);
  }

  /** Work in a session begins. It has to be told, of what this returns, that it is over (`leave`). */
  enter(id: string, options: RequestsOptions<Caller>): LocalSession<Caller> {
    this.#running += 1;
    return this.#here.get(id) ?? this.#begin(id, options);
  }

  /** Work in a session is over. */
  leave(id: string, local: LocalSession<Caller>): void {
    this.#running -= 1;
    const isSurplus = this.#here.size > KEPT_MAX && !local.requests.isBusy;
    if (isSurplus && this.#here.get(id) === local) this.#here.delete(id);
    if (this.#running === 0) this.#idle?.resolve();
  }

  /** Aborts what runs of one, and forgets it. */
  end(id: string, reason: string): void {
    const local = this.#here.get(id);
    this.#here.delete(id);
    local?.requests.close(reason);
  }

  /** Resolves when nothing runs, with or without somebody who waits for it. */
  async untilIdle(): Promise<void> {
    this.#idle = Promise.withResolvers();
    if (this.#running > 0) await this.#idle.promise;
  }

  /** Aborts what was asked for by those who may no longer ask. */
  sendAway(): void {
    for (const { requests } of this.#here.values()) requests.sendAway();
  }

  /** Aborts what runs. Returns in how many sessions that was. */
  close(reason: string): number {
    const busy = [...this.#here.values()].filter(({ requests }) => requests.isBusy);
    for (const { requests } of busy) requests.close(reason);
    return busy.length;
  }

  #begin(id: string, options: RequestsOptions<Caller>): LocalSession<Caller> {
    this.#count += 1;
    const asks = new Asks(`${this.#worker}.${this.#count}.`);
    const local = { requests: new Requests(options), asks };
    this.#here.set(id, local);
    this.#makeRoom();
    return local;
  }

  /** Most sessions are left, and not ended. The one that is kept for longest goes; if something runs of it, it is as good as new. */
  #makeRoom(): void {
    const [oldest] = this.#here;
    if (this.#here.size <= KEPT_MAX || oldest === undefined) return;
    const [id, local] = oldest;
    this.#here.delete(id);
    if (local.requests.isBusy) this.#here.set(id, local);
  }
}

import type { Server } from './process.ts';

/** Servers that run: each is started when it is first asked for, and stopped with all others. */
export class Servers implements AsyncDisposable {
  readonly #started = new Map<string, Promise<Server>>();

  /** The server of that name. One that does not start is not tried again. */
  async get(name: string, start: () => Promise<Server>): Promise<Server> {
    const started = this.#started.get(name) ?? start();
    this.#started.set(name, started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = await Promise.allSettled(this.#started.values());
    await Promise.allSettled(
      all.map(async (each) => {
        if (each.status === 'fulfilled') await each.value[Symbol.asyncDispose]();
      }),
    );
  }
}

import { type FromSupervisor, type FromWorker, parseFromSupervisor } from '../shared/ipc.ts';

type Go = Extract<FromSupervisor, { type: 'go' }>;
/** How a worker is to drain. */
export type Drain = Extract<FromSupervisor, { type: 'drain' }>;

/** How long last words may take. */
const LAST_WORDS_MS = 300;

/** The worker's end of the channel to its supervisor. Should the supervisor be gone, `node:cluster` ends us at once. */
export class Channel {
  /** Resolves when we may boot. */
  readonly go: Promise<Go>;
  /** Resolves when we are told to drain. */
  readonly drain: Promise<Drain>;
  readonly #process: NodeJS.Process;
  readonly #goes = Promise.withResolvers<Go>();
  readonly #drains = Promise.withResolvers<Drain>();

  /** `heed` is called for each message, and so for those that the promises stand for. */
  constructor(process: NodeJS.Process, heed: (said: FromSupervisor) => void) {
    this.#process = process;
    this.go = this.#goes.promise;
    this.drain = this.#drains.promise;
    process.on('message', (message) => {
      const said = parseFromSupervisor(message);
      if (said === undefined) return;
      if (said.type === 'go') this.#goes.resolve(said);
      if (said.type === 'drain') this.#drains.resolve(said);
      heed(said);
    });
  }

  /** Whether there is a supervisor at the other end. */
  get isOpen(): boolean {
    return this.#process.send !== undefined && this.#process.connected;
  }

  tell(message: FromWorker): void {
    this.#send(message, () => undefined);
  }

  /** Resolves when the channel took it: so much is never said at once that it piles up here. */
  deliver(message: FromWorker): Promise<void> {
    return new Promise((taken) => {
      this.#send(message, taken);
    });
  }

  /** Says what is to be heard before the process ends. Calls back when it is, or cannot be. */
  tellLast(message: FromWorker, done: () => void): void {
    setTimeout(done, LAST_WORDS_MS);
    this.#send(message, done);
  }

  #send(message: FromWorker, done: () => void): void {
    if (!this.isOpen) {
      done();
      return;
    }
    this.#process.send?.(message, undefined, undefined, done);
  }
}

import type { ServerResponse } from 'node:http';

import { UNSENT_BYTES_MAX } from './unsent.ts';

/** One event of a stream (HTML, server-sent events). */
export interface StreamEvent {
  /** Where the stream can be taken up again. */
  readonly id?: string | undefined;
  /** One line of JSON, or nothing. */
  readonly data: string;
  /** How long to wait before taking it up again. */
  readonly retryMs?: number;
}

/** Intermediaries take a stream for dead that is silent for half a minute. */
const KEEP_ALIVE_MS = 15_000;
/** Who reads nothing for so long is gone, whatever its machine says: what waits for it would wait for ever. */
const STALL_MS = 60_000;

/** The body of a response as a stream of events. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #keepingAlive: NodeJS.Timeout;
  /** Told when what they wrote is taken, or never will be. */
  readonly #waiting = new Set<() => void>();
  /** When the network last took something from us. */
  #takenAt = performance.now();

  /** Sends the head. */
  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      // nginx would collect what is to be sent at once.
      'x-accel-buffering': 'no',
    });
    response.flushHeaders();
    this.#keepingAlive = setInterval(() => {
      if (performance.now() - this.#takenAt > STALL_MS) response.destroy();
      else this.#write(':\n\n', () => undefined);
    }, KEEP_ALIVE_MS).unref();
    response.once('close', () => {
      clearInterval(this.#keepingAlive);
      // What waits behind another response is never written, and Node does not say so.
      for (const taken of this.#waiting) taken();
    });
  }

  /** Resolves when more can be sent. What nobody is there for is dropped. */
  async send({ id, data, retryMs }: StreamEvent): Promise<void> {
    const response = this.#response;
    if (response.writableEnded || response.destroyed) return;
    if (response.writableLength > UNSENT_BYTES_MAX) {
      response.destroy();
      return;
    }
    const lines = [
      ...(id === undefined ? [] : [`id: ${id}`]),
      ...(retryMs === undefined ? [] : [`retry: ${retryMs}`]),
      `data: ${data}`,
    ];
    await new Promise<void>((sent) => {
      this.#write(`${lines.join('\n')}\n\n`, sent);
    });
  }

  end(): void {
    clearInterval(this.#keepingAlive);
    this.#response.end();
  }

  #write(text: string, done: () => void): void {
    const taken = (): void => {
      if (this.#waiting.delete(taken)) done();
    };
    this.#waiting.add(taken);
    this.#response.write(text, () => {
      this.#takenAt = performance.now();
      taken();
    });
  }
}

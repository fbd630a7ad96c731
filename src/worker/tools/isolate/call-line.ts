import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

import type { CallContext } from '../../domain/context.ts';
import type { Said } from './task.ts';

/** What a call in a thread says on its way, passed on to whom it is for. */
export class CallLine implements Disposable {
  /** The end that goes to the thread. */
  readonly far: MessagePort;
  readonly #near: MessagePort;
  readonly #context: CallContext;
  /** Told of a step just now, and slower than they come: the latest waits. */
  #isTelling = false;
  #latest: Extract<Said, { type: 'progress' }> | undefined;

  constructor(context: CallContext) {
    const { port1, port2 } = new MessageChannel();
    this.far = port2;
    this.#near = port1;
    this.#context = context;
    port1.on('message', (said: Said) => {
      this.#heed(said);
    });
    // What keeps the process alive is the call.
    port1.unref();
  }

  /** What was said before the answer is passed on before it. */
  [Symbol.dispose](): void {
    for (;;) {
      const received: { readonly message: Said } | undefined = receiveMessageOnPort(this.#near);
      if (received === undefined) break;
      this.#heed(received.message);
    }
    this.#latest = undefined;
    this.#near.close();
  }

  #heed(said: Said): void {
    switch (said.type) {
      case 'log': {
        const fields: object | undefined =
          said.fields === undefined ? undefined : JSON.parse(said.fields);
        this.#context.log[said.level](said.message, fields);
        return;
      }
      case 'progress':
        this.#latest = said;
        if (!this.#isTelling) void this.#tell();
    }
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#latest !== undefined) {
        const { progress, total, message } = this.#latest;
        this.#latest = undefined;
        // One after the other is the point.
        // oxlint-disable-next-line no-await-in-loop -- see above
        await this.#context.progress(progress, total, message);
      }
    } catch {
      // Who cannot be told how far it is, is told how it ended.
    } finally {
      this.#isTelling = false;
    }
  }
}

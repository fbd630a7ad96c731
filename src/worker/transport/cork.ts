import type { Duplex } from 'node:stream';

/** Writes what is sent to a socket in one turn of the loop together: most of what a message costs is the call that writes it. */
export class Cork {
  readonly #socket: Duplex;
  #isIn = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Something is about to be sent. It is written when nothing more is done in this turn. */
  put(): void {
    if (this.#isIn) return;
    this.#isIn = true;
    this.#socket.cork();
    process.nextTick(pull, this);
  }

  pull(): void {
    this.#isIn = false;
    this.#socket.uncork();
  }
}

/** One function for all, so that it costs no closure. */
function pull(cork: Cork): void {
  cork.pull();
}

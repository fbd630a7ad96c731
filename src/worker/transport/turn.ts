import type { Duplex } from 'node:stream';

/** Writes what is sent to a socket in one turn of the loop together: most of what a message costs is the call that writes it. */
export class Turn {
  readonly #socket: Duplex;
  #isOpen = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Something is about to be sent. It is written when nothing more is done in this turn. */
  join(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#socket.cork();
    process.nextTick(end, this);
  }

  end(): void {
    this.#isOpen = false;
    this.#socket.uncork();
  }
}

/** One function for all, so that a turn costs no closure. */
function end(turn: Turn): void {
  turn.end();
}

import type { Duplex } from 'node:stream';

/** Writes what is sent to a socket in one turn of the loop together: most of what a message costs is the call that writes it. */
export class Cork {
  /** Those that it is in. */
  readonly #sockets = new Set<Duplex>();

  /** Something is about to be sent. It is written when nothing more is done in this turn. */
  put(socket: Duplex): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.cork();
    if (this.#sockets.size === 1) process.nextTick(pull, this);
  }

  pull(): void {
    for (const socket of this.#sockets) socket.uncork();
    this.#sockets.clear();
  }
}

/** One function for all, so that it costs no closure. */
function pull(cork: Cork): void {
  cork.pull();
}

import type { Duplex } from 'node:stream';

/** Writes what is sent to a socket in one turn of the loop together: most of what a message costs is the call that writes it. */
export class Cork {
  /** Those that it is in. */
  #sockets: Duplex[] = [];

  /** Something is about to be sent. It is written when nothing more is done in this turn. */
  put(socket: Duplex): void {
    if (socket.writableCorked > 0) return;
    socket.cork();
    if (this.#sockets.push(socket) === 1) process.nextTick(pull, this);
  }

  pull(): void {
    const sockets = this.#sockets;
    this.#sockets = [];
    for (const socket of sockets) socket.uncork();
  }
}

/** One function for all, so that it costs no closure. */
function pull(cork: Cork): void {
  cork.pull();
}

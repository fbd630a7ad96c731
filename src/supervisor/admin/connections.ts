import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Operators, a scraper and probes need a few; a leak of theirs must not become ours. */
const CONNECTIONS_MAX = 16;
/** Those beyond are told so, up to here; then they are cut off. */
const SOCKETS_MAX = 32;

/** Bounds the connections of a server. Returns whether a socket is one too many: it is to be answered so, and closed. */
export function boundConnections(server: Server): (socket: Socket) => boolean {
  const open = new Set<Socket>();
  /** Answered, and kept for a next request. Node's own list of these has newcomers in it, too. */
  const idle = new Set<Socket>();
  const surplus = new WeakSet<Socket>();
  server.maxConnections = SOCKETS_MAX;
  server.on('connection', (socket) => {
    // Whoever keeps one in store gives way to whoever wants to ask.
    const [spare] = open.size < CONNECTIONS_MAX ? [] : idle;
    if (spare !== undefined) {
      spare.destroy();
      idle.delete(spare);
      open.delete(spare);
    }
    if (open.size >= CONNECTIONS_MAX) surplus.add(socket);
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
  return (socket) => surplus.has(socket);
}

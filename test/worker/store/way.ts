/** Ways to a server, and servers, that fail as a network does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can be cut. */
export interface Way extends AsyncDisposable {
  readonly url: string;
  /** Ends all connections, as a server that restarts. The next ones pass. */
  cut(): void;
  /** Passes nothing on any more over the connections there are, and ends none. The next ones pass. */
  silence(): void;
}

/** Opens a way to the server of a URL, from any port unless one is named. */
export async function openWay(target: string, from = 0): Promise<Way> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const opened = await listen(from, sockets, (near) => {
    const far = connect(Number(port), hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      socket.on('error', () => undefined);
      sockets.add(socket);
    }
  });
  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: opened.port }).href,
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: opened[Symbol.asyncDispose],
  };
}

/** Serves a black hole: it accepts, and never answers. */
export async function openBlackHole(): Promise<AsyncDisposable & { readonly port: string }> {
  const sockets = new Set<Socket>();
  return listen(0, sockets, (socket) => {
    sockets.add(socket.on('error', () => undefined).resume());
  });
}

/** Serves what answers the same to whatever it is asked, or what is its answer at the moment. */
export async function openParrot(
  answer: string | (() => string),
): Promise<AsyncDisposable & { readonly port: string }> {
  const sockets = new Set<Socket>();
  return listen(0, sockets, (socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (chunk: Buffer) => {
      const commands = String(chunk).match(/^\*/gm)?.length ?? 1;
      socket.write((typeof answer === 'string' ? answer : answer()).repeat(commands));
    });
  });
}

async function listen(
  from: number,
  sockets: ReadonlySet<Socket>,
  heed: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly port: string }> {
  const server = createServer(heed);
  await once(server.listen(from, '127.0.0.1'), 'listening');
  // A TCP server that listens has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    port: String(port),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

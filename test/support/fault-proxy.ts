/** A small TCP proxy that does to connections what networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export type Fault =
  /** Passes everything on. */
  | 'none'
  /** Accepts, and never answers. */
  | 'black-hole'
  /** Resets whatever connects. */
  | 'reset';

export class FaultProxy implements AsyncDisposable {
  fault: Fault = 'none';
  /** How much later everything reaches the server. */
  delayMs = 0;
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** A URL whose server is reached through here. */
  static async before(url: string): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
    const through = new URL(url);
    const proxy = await FaultProxy.open({ host: through.hostname, port: Number(through.port) });
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  get port(): number {
    const { port } = this.#server.address() as AddressInfo; // it listens on TCP
    return port;
  }

  /** From now on, for new connections; those there are break. */
  set(fault: Fault): void {
    this.fault = fault;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    this.#track(socket);
    if (this.fault === 'black-hole') return;
    if (this.fault === 'reset') {
      socket.resetAndDestroy();
      return;
    }
    const onward = connect(this.#target);
    this.#track(onward);
    onward.pipe(socket);
    socket.on('data', (chunk) => {
      if (this.delayMs === 0) onward.write(chunk);
      // What is sent later arrives later: equal timers keep their order.
      else setTimeout(() => onward.write(chunk), this.delayMs);
    });
    socket.on('close', () => onward.destroy());
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

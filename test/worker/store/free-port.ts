import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** A port of the loopback at which nothing listens. */
export async function findFreePort(): Promise<number> {
  await using server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  // A TCP server that listens has an address of this kind.
  return (server.address() as AddressInfo).port;
}

/** The URL of a server, with some parts of it otherwise. */
export function withParts(
  url: string,
  parts: Partial<Pick<URL, 'port' | 'password' | 'pathname'>>,
): string {
  return Object.assign(new URL(url), parts).href;
}

/** Bytes on a socket, and what comes back: what no client would send. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What never comes is not waited for. */
const PATIENCE_MS = 5_000;

/** What was answered. */
export interface Said {
  readonly status: number;
  /** Everything, the heads too. */
  readonly whole: string;
  /** Whether the other side closed. */
  readonly closed: boolean;
}

export interface SayOptions {
  /** When the answer is whole although the connection stays open. Whenever it closes otherwise. */
  readonly until?: (whole: string) => boolean;
}

/** Writes, and reads until the other side closes, or enough was read. */
export async function say(
  port: number,
  text: string | Buffer,
  { until = () => false }: SayOptions = {},
): Promise<Said> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const ended = new AbortController();
  let whole = '';
  let closed = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    whole += chunk;
    if (until(whole)) ended.abort();
  });
  socket.on('close', () => {
    closed = true;
    ended.abort();
  });
  await once(socket, 'connect');
  socket.write(text);
  await sleep(PATIENCE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(whole)?.[1] ?? 0), whole, closed };
}

/** A request with these lines after its first one. */
export function requestOf(first: string, ...lines: readonly string[]): string {
  return `${[first, ...lines].join('\r\n')}\r\n\r\n`;
}

/** The lines of a handshake that is as it should be. */
export const HANDSHAKE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
] as const;

/** Whether a head is there, which is all that an upgrade has. */
export const isHead = (whole: string): boolean => whole.includes('\r\n\r\n');

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import type { OpenChannel } from './channel.ts';
import { PLACEHOLDER } from './channel.ts';
import { within } from './deadline.ts';
import { FrameReader, frameOf, NumberedFrame, pongOf } from './frames.ts';

const HANDSHAKE_MS = 10_000;
const END_OF_HEAD = '\r\n\r\n';

export interface WebSocketOptions {
  readonly path: string;
  /** What is said first, one after the other; those with an id are answered before the next. */
  readonly greeting: readonly string[];
  /** A request, with the placeholder as its id. */
  readonly request: string;
}

/** Channels over WebSocket, on bare sockets. */
export function webSocketChannels({ path, greeting, request }: WebSocketOptions): OpenChannel {
  return async ({ port, headers, heed, onError }) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', onError);
    await once(socket, 'connect');
    const early = await within(HANDSHAKE_MS, upgrade(socket, path, headers), 'A handshake');
    let receive = heed;
    let isClosing = false;
    const closed = (): void => {
      if (!isClosing) onError(new Error('The server closed a connection'));
    };
    const frames = new FrameReader({
      text: (payload) => {
        receive(payload);
      },
      ping: (payload) => {
        socket.write(pongOf(payload));
      },
      close: closed,
    });
    const read = (bytes: Buffer): void => {
      try {
        frames.read(bytes);
      } catch (error) {
        onError(new Error('What the server sends are no frames', { cause: error }));
      }
    };
    socket.on('close', closed).on('data', read);
    read(early);
    socket.resume();
    for (const message of greeting) {
      const answered = Promise.withResolvers<void>();
      receive = () => answered.resolve();
      socket.write(frameOf(message));
      if (message.includes('"id"')) await answered.promise;
    }
    receive = heed;
    const frame = new NumberedFrame(request, PLACEHOLDER);
    return {
      ready: () => Promise.resolve(),
      send: (number) => void socket.write(frame.with(number)),
      close: () => {
        isClosing = true;
        socket.destroy();
      },
    };
  };
}

/** Turns a connection into a WebSocket; what came after the answer's head is handed on, and the rest waits. */
async function upgrade(
  socket: Socket,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let answer: Buffer = Buffer.alloc(0);
  const listen = (bytes: Buffer): void => {
    answer = Buffer.concat([answer, bytes]);
    const end = answer.indexOf(END_OF_HEAD);
    if (end < 0) return;
    socket.off('data', listen).pause();
    const head = answer.toString('latin1', 0, end);
    if (head.startsWith('HTTP/1.1 101')) resolve(answer.subarray(end + END_OF_HEAD.length));
    else reject(new Error(`The server refused the upgrade: ${head}`));
  };
  socket.on('data', listen);
  const said = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${socket.remotePort}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${said.join('')}\r\n`,
  );
  return promise;
}

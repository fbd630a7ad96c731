import { once } from 'node:events';
import { connect } from 'node:net';

import { type OpenChannel, PLACEHOLDER } from './channel.ts';

export interface NetOptions {
  readonly request: string;
  /** All answers are of one length: that is how they are told apart. */
  readonly answerBytes: number;
}

/** Channels over bare TCP. */
export function netChannels({ request, answerBytes }: NetOptions): OpenChannel {
  const [before = '', after = ''] = request.split(PLACEHOLDER);
  return async ({ port, heed, onError }) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.on('error', onError);
    await once(socket, 'connect');
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      for (; rest.length >= answerBytes; rest = rest.subarray(answerBytes)) {
        heed(rest.subarray(0, answerBytes));
      }
    });
    let isClosing = false;
    socket.on('close', () => {
      if (!isClosing) onError(new Error('The server closed a connection'));
    });
    return {
      ready: () => Promise.resolve(),
      send: (number) => void socket.write(before + String(number) + after, 'latin1'),
      close: () => {
        isClosing = true;
        socket.destroy();
      },
    };
  };
}

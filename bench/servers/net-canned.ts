/** The bare floor: TCP, and the same answer to as many bytes as a request has. */
import { createServer } from 'node:net';

import { canned, serveInProcesses } from './floor.ts';

const { answer, requestBytes } = canned();
serveInProcesses(() =>
  createServer({ noDelay: true }, (socket) => {
    let bytes = 0;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (bytes += chunk.length; bytes >= requestBytes; bytes -= requestBytes) {
        socket.write(answer);
      }
    });
  }),
);

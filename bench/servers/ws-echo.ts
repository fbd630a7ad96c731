/** The yardstick: `ws`, and an answer of as many bytes as the real one has. */
import { createServer } from 'node:http';

import { WebSocketServer } from 'ws';

import { canned, serveInProcesses } from './floor.ts';

const answer = canned().answer.toString();
serveInProcesses(() => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      data.toString();
      socket.send(answer);
    });
  });
  return server;
});

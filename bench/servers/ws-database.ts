/** The yardstick of a call that reads: `ws`, and `pg` doing the same query before it answers with as many bytes. */
import { createServer } from 'node:http';

import type { Client } from 'pg';
import Pool from 'pg-pool';
import { WebSocketServer } from 'ws';

import { ITEM, READ_ITEM } from '../items.ts';
import { canned, serveInProcesses } from './floor.ts';

const answer = canned().answer.toString();
const pool = new Pool<Client>({ connectionString: process.env.BENCH_DATABASE_URL, max: 10 });
serveInProcesses(() => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
  sockets.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      data.toString();
      void pool
        .query({ name: 'read item', text: READ_ITEM, values: [ITEM.id] })
        .then(({ rows }) => {
          if (rows.length !== 1) throw new Error('There is no such item');
          socket.send(answer);
        });
    });
  });
  return server;
});

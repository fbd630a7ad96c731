/** The yardstick of HTTP: `node:http`, a body that is read, and the same answer to all. */
import { createServer } from 'node:http';

import { canned, KEEP_ALIVE_MS, serveInProcesses } from './floor.ts';

const { answer } = canned();
serveInProcesses(() =>
  createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': answer.length,
      });
      response.end(answer);
    });
  }),
);

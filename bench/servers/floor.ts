import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';

import { tellPort } from './tools.ts';

/** What a floor answers, and how long the requests are that it answers: a file says it, as lists are too long for an environment. */
export function canned(): { readonly answer: Buffer; readonly requestBytes: number } {
  return {
    answer: readFileSync(process.env.BENCH_ANSWER_FILE ?? ''),
    requestBytes: Number(process.env.BENCH_REQUEST_BYTES),
  };
}

/** Longer than a request waits on a busy machine: Node takes its connection for idle until it is read. */
export const KEEP_ALIVE_MS = 60_000;

/** Serves from this process, or from several behind one port. */
export function serveInProcesses(create: () => Server): void {
  const processes = Number(process.env.BENCH_PROCESSES ?? 1);
  if (cluster.isPrimary && processes > 1) {
    let missing = processes;
    cluster.on('listening', (_worker, { port }) => {
      missing -= 1;
      if (missing === 0) tellPort(port);
    });
    for (let index = 0; index < processes; index++) cluster.fork();
    return;
  }
  const server = create();
  server.listen(0, '127.0.0.1', () => {
    // Of several processes the first tells it, once all listen.
    if (cluster.isPrimary) tellPort(portOf(server));
  });
}

/** Where a server listens. */
export function portOf(server: Server): number {
  // A server of TCP that listens has such an address.
  return (server.address() as AddressInfo).port;
}

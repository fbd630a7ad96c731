/**
 * Shows, on whatever Node runs it, that a connection on its way to a worker that hangs and is killed is
 * closed by our guard, and the worker forgotten, though its end is known before that of its channel. Ends
 * with 1 if not, or if Node has no such connection to close any more.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { guardCluster } from '../../src/supervisor/incarnation/cluster-guard.ts';

const CLIENTS = 20;
/** What `node:child_process` gives a child that it can talk with, after the three of everybody. */
const CHANNEL_FD = 3;
/** A process that a worker started holds the worker's end of the channel for so long. */
const HELD_S = 1;

if (cluster.isPrimary) await primary();
else worker();

async function primary(): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  let closedByGuard = 0;
  const forked = [0, 1].map(() => {
    const each = cluster.fork();
    guardCluster(each, (count) => (closedByGuard += count));
    return each;
  });
  const ports = await Promise.all(forked.map(async (each) => (await once(each, 'message'))[0]));
  const [victim] = forked;
  victim?.process.kill('SIGSTOP');
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => open(Number(ports[0]))));
  await sleep(500);
  let open_ = sockets.filter((socket) => !socket.closed).length;
  assert.ok(open_ >= 1, 'nobody waits for the one that hangs');
  victim?.process.kill('SIGKILL');
  await sleep(HELD_S * 1_000 + 500);
  open_ = sockets.filter((socket) => !socket.closed).length;
  const isKnown = Object.values(cluster.workers ?? {}).includes(victim);
  process.stdout.write(
    `node ${process.version}: ${closedByGuard} closed by the guard, ${open_} left${isKnown ? ', and the worker too' : ''}\n`,
  );
  assert.deepEqual([open_, closedByGuard > 0, isKnown], [0, true, false]);
  process.exit(0);
}

function worker(): void {
  spawn('sleep', [String(HELD_S)], { stdio: ['ignore', 'ignore', 'ignore', CHANNEL_FD] });
  const server = createServer((socket) => socket.end('served'));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.(typeof address === 'object' ? address?.port : undefined);
  });
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

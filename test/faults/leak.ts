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
const SETTLE_MS = 500;

interface Told {
  readonly port: number;
  readonly holder: number;
}

if (cluster.isPrimary) await primary();
else worker();

async function primary(): Promise<void> {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const closed = [await lose({ isStopped: true }), await lose({ isStopped: false })];
  process.stdout.write(`node ${process.version}: ${closed.join(' and ')} closed by the guard\n`);
  process.exit(0);
}

/** Loses one of two workers, which hangs or waits for work. Returns how many connections the guard closed. */
async function lose({ isStopped }: { readonly isStopped: boolean }): Promise<number> {
  let closedByGuard = 0;
  const forked = [0, 1].map(() => {
    const each = cluster.fork();
    guardCluster(each, (count) => (closedByGuard += count));
    return each;
  });
  const told: Told[] = await Promise.all(
    forked.map(async (each) => (await once(each, 'message'))[0]),
  );
  const { port, holder } = told[0] ?? assert.fail();
  const victim = forked[0] ?? assert.fail();
  if (isStopped) victim.process.kill('SIGSTOP');
  const before = isStopped ? await openMany(port) : [];
  const exited = once(victim, 'exit');
  victim.process.kill('SIGKILL');
  await exited;
  assert.ok(victim.isConnected(), 'the end of its channel is known before its own');
  const after = await openMany(port);
  await sleep(SETTLE_MS);
  process.kill(holder);
  await sleep(SETTLE_MS);
  const left = [...before, ...after].filter((socket) => !socket.closed).length;
  const isKnown = Object.values(cluster.workers ?? {}).includes(victim);
  assert.deepEqual([left, closedByGuard > 0, isKnown], [0, true, false]);
  for (const each of forked) each.process.kill('SIGKILL');
  process.kill(told[1]?.holder ?? 0);
  return closedByGuard;
}

/** A process that it starts holds its end of the channel for longer than it lives. */
function worker(): void {
  const { pid: holder } = spawn('sleep', ['60'], {
    stdio: ['ignore', 'ignore', 'ignore', CHANNEL_FD],
  });
  const server = createServer((socket) => socket.end('served'));
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    process.send?.({ port: typeof address === 'object' ? address?.port : undefined, holder });
  });
}

async function openMany(port: number): Promise<readonly Socket[]> {
  return Promise.all(Array.from({ length: CLIENTS }, () => open(port)));
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/**
 * Tells workers something after they died and before we could know, a thousand times in all. Ends with 0
 * if that never ended us, and if it was noticed: else nothing was tried.
 */
import assert from 'node:assert/strict';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

import { WorkerProcess } from '../../src/supervisor/incarnation/worker-process.ts';

const WORKERS = 20;
const TELLS = 50;

if (cluster.isPrimary) await primary();
else setInterval(() => undefined, 1_000);

async function primary(): Promise<void> {
  const codes = new Map<string, number>();
  const count = (code: string): void => {
    codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  for (let n = 0; n < WORKERS; n++) {
    const worker = cluster.fork();
    const observed = observe(worker, count);
    await once(worker, 'online');
    worker.process.kill('SIGKILL');
    // We do not yield to the event loop, which would tell us.
    while (!isDead(observed.pid));
    for (let told = 0; told < TELLS; told++) {
      observed.tell({ type: 'reopen-log' });
      // As node:cluster sends a connection: with nobody to call back, so that what fails is an event.
      worker.process.send({ cmd: 'NODE_HOLDFAST' });
    }
    assert.equal((await observed.ended).signal, 'SIGKILL');
  }
  process.stdout.write(`${JSON.stringify(Object.fromEntries(codes))}\n`);
  assert.deepEqual([...codes.keys()], ['EPIPE']);
  assert.equal(codes.get('EPIPE'), 2 * WORKERS * TELLS);
}

function observe(worker: Worker, onChannelError: (code: string) => void): WorkerProcess {
  return new WorkerProcess(worker, {
    onChannelError,
    onMessage: () => undefined,
    onStderrLine: () => undefined,
    onHandlesClosed: () => undefined,
    onLost: () => undefined,
  });
}

/** Dead to its last thread, whose end closes the channel; and not buried, which is for the event loop to do. */
function isDead(pid: number | undefined): boolean {
  const folder = `/proc/${pid ?? 0}`;
  return (
    /\) Z /.test(readFileSync(`${folder}/stat`, 'utf8')) &&
    readdirSync(`${folder}/task`).length === 1
  );
}

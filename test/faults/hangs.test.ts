/** Workers that live, and do nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { get, Agent as HttpAgent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { quickest } from '../support/quickest.ts';
import { Patient, type PatientOptions } from './patient.ts';
import { signal } from './processes.ts';

const timeout = 180_000;
const LONG_MS = 60_000;

suite('a worker that hangs', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: PatientOptions = {}): Patient =>
    new Patient({ tools: 'deadly.ts', ...rest, env: { DATABASE_URL: database.url, ...env } });

  test('in its event loop is killed and replaced, and 19 of 20 are served meanwhile (19)', {
    timeout,
  }, async () => {
    await using patient = start();
    await patient.running();
    const port = await patient.port();
    await using agent = await Agent.connect(port);
    const cutOff = assert.rejects(agent.call('blocks', { ms: LONG_MS }));
    await sleep(100);
    const answers = await Promise.all(Array.from({ length: 20 }, () => isAlive(port)));
    assert.ok(answers.filter(Boolean).length >= 19, `${answers.filter(Boolean).length} of 20`);
    await cutOff;
    const { workers } = await patient.running();
    const hung = workers.find(({ lastExit }) => lastExit?.class === 'hang');
    assert.match(hung?.lastExit?.cause ?? '', /state R: it computes/);
    assert.equal(hung?.restarts, 1);
  });

  test('is reported with the function that blocks it, and its line (20)', { timeout }, async () => {
    await using patient = start();
    await patient.running();
    const port = await patient.port();
    // The first worker was watched while it started, and the other has been since it serves.
    for (const _worker of [0, 1]) {
      await using agent = await Agent.connect(port);
      await assert.rejects(agent.call('blocks', { ms: LONG_MS }));
    }
    const { workers } = await patient.running();
    for (const { lastExit } of workers) {
      assert.equal(lastExit?.class, 'hang');
      assert.match(lastExit.stack?.[0] ?? '', /^poisonedLoop \(.*deadly\.ts:\d+/);
      assert.match(lastExit.cause ?? '', /at poisonedLoop/);
    }
  });

  test('while it loads tools that nobody has loaded before is reported so too', {
    timeout,
  }, async () => {
    await using patient = start({ tools: 'blocks-at-import.ts' });
    const { workers } = await patient.until(
      ({ workers: [first] }) => first?.lastExit?.class === 'hang',
      'a hang',
    );
    assert.match(workers[0]?.lastExit?.cause ?? '', /at findThatNeverEnds \(/);
  });

  test('because it was stopped is killed and replaced (21)', { timeout }, async () => {
    await using patient = start();
    const { workers } = await patient.running();
    const [victim] = workers;
    signal(victim?.pid, 'SIGSTOP');
    const state = await patient.until(
      ({ workers: [first] }) => first?.lastExit?.class === 'hang',
      'a hang',
    );
    assert.match(state.workers[0]?.lastExit?.cause ?? '', /state T: it was stopped/);
    await patient.running();
  });

  test('only because the supervisor was stopped is not killed (22)', { timeout }, async () => {
    await using patient = start();
    const before_ = await patient.running();
    patient.child.kill('SIGSTOP');
    await sleep(4_000);
    patient.child.kill('SIGCONT');
    const paused = await patient.until(
      ({ supervisor }) => supervisor.selfPauses.count > 0,
      'a pause',
    );
    assert.equal(paused.supervisor.state, 'RUNNING');
    // As long again as it would take to be killed.
    await sleep(4_500);
    const after_ = await patient.state();
    assert.deepEqual(
      after_.workers.map(({ pid }) => pid),
      before_.workers.map(({ pid }) => pid),
    );
    assert.ok((await patient.events()).some(({ type }) => type === 'supervisor_paused'));
  });

  test('and is killed leaves no connection behind, nor its client waiting (23)', {
    timeout,
  }, async () => {
    await using patient = start();
    await patient.running();
    const port = await patient.port();
    const files = (): number => readdirSync(`/proc/${patient.child.pid ?? 0}/fd`).length;
    const baseline = files();
    await using agent = await Agent.connect(port);
    const cutOff = assert.rejects(agent.call('blocks', { ms: LONG_MS }));
    await sleep(100);
    // One of them is on its way to the one that hangs, and waits there.
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open(port)));
    const closed = sockets.map(whenClosed);
    for (const socket of sockets)
      socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    await cutOff;
    const late = sleep(1_000, 'late');
    assert.notEqual(await Promise.race([Promise.all(closed), late]), 'late');
    await patient.running();
    assert.ok(files() <= baseline + 2, `${files()} files, and ${baseline} before`);
    assert.ok((await patient.events()).some(({ type }) => type === 'handles_closed'));
  });

  test('together with all others is replaced, and whoever waited is let go (24)', {
    timeout,
  }, async () => {
    const CLIENTS = 3_000;
    // All of them come before anybody is killed, and both workers are gone before one is replaced.
    const slow = {
      MCP_SUPERVISOR_SILENCE_MS: '6000',
      MCP_SUPERVISOR_BACKOFF_MS: '2000',
      MCP_SUPERVISOR_BACKOFF_MAX_MS: '2000',
    };
    await using patient = start({ env: slow });
    const { workers } = await patient.running();
    const port = await patient.port();
    const files = (): number => readdirSync(`/proc/${patient.child.pid ?? 0}/fd`).length;
    const baseline = files();
    for (const { pid } of workers) signal(pid, 'SIGSTOP');
    const sockets = await Promise.all(Array.from({ length: CLIENTS }, () => open(port)));
    const closed = Promise.all(sockets.map(whenClosed));
    await closed;
    await patient.running();
    const states = (await patient.events()).filter(({ type }) => type === 'state_changed');
    assert.ok(states.some(({ to }) => to === 'NO_CAPACITY'));
    assert.ok(files() <= baseline + 2, `${files()} files, and ${baseline} before`);
  });

  test('keeps nobody from asking how it is (56)', { timeout }, async () => {
    await using patient = start();
    const { workers } = await patient.running();
    for (const { pid } of workers) signal(pid, 'SIGSTOP');
    const state = await patient.state();
    assert.equal(state.workers.length, 2);
    const tookMs = await quickest(() => patient.state());
    assert.ok(tookMs < 100, `${tookMs} ms`);
    // They were stopped all the while.
    const pids = (await patient.state()).workers.map(({ pid }) => pid);
    assert.deepEqual(
      pids,
      workers.map(({ pid }) => pid),
    );
    await patient.running();
  });
});

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

/** A reset is a close too. */
function whenClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}

/** Whether a new connection is served within two seconds. */
function isAlive(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const agent = new HttpAgent({ keepAlive: false });
    const request = get(
      { port, host: '127.0.0.1', path: '/livez', agent, timeout: 2_000 },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode === 200);
      },
    );
    request.once('error', () => {
      resolve(false);
    });
    request.once('timeout', () => request.destroy());
  });
}

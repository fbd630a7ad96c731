import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { type HoldfastOptions, startHoldfast, suiteServers } from './holdfast.ts';

/** Time enough on a busy machine; what is to be quick is measured. */
const timeout = 180_000;
/** A second signal that comes sooner is taken for an echo of the first. */
const ECHO_MS = 600;

suite('workers', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });
  const start = ({ env, ...rest }: HoldfastOptions = {}) =>
    startHoldfast({ ...rest, env: { ...suiteServers(database.url), MCP_WORKERS: '2', ...env } });

  test('share the connections among them', { timeout }, async () => {
    await using holdfast = start();
    const port = await holdfast.serving;
    const agents = await Promise.all(Array.from({ length: 10 }, () => Agent.connect(port)));
    const pids = new Set(await Promise.all(agents.map((agent) => agent.workerPid())));
    assert.equal(pids.size, 2);
    for (const agent of agents) await agent[Symbol.asyncDispose]();
  });

  test('serve tools that use packages with conditions of their own', { timeout }, async () => {
    await using holdfast = start({
      env: { MCP_TOOLS: join(import.meta.dirname, 'fixtures/borrowing') },
    });
    await using agent = await Agent.connect(await holdfast.serving);
    const { result } = await agent.call('names_a_client', {});
    assert.equal(result?.content?.[0]?.text, 'Client');
  });

  test('one that is killed during calls is replaced in two seconds, or about what a start takes, and the others go on', {
    timeout,
  }, async (t) => {
    await using holdfast = start();
    const port = await holdfast.serving;
    const agents = await Promise.all(Array.from({ length: 8 }, () => Agent.connect(port)));
    const pids = await Promise.all(agents.map((agent) => agent.workerPid()));
    const [victim = 0] = pids;
    const survivors = agents.filter((_, index) => pids[index] !== victim);
    assert.ok(survivors.length > 0 && survivors.length < agents.length);
    const running = agents.map((agent) => agent.call('waits', { ms: 400 }));

    const readyLines = () => holdfast.log().filter(({ message }) => message === 'worker is ready');
    const readyBefore = readyLines().length;
    process.kill(victim, 'SIGKILL');
    const killedAt = performance.now();
    const outcomes = await Promise.allSettled(running);
    for (const [index, outcome] of outcomes.entries()) {
      assert.equal(outcome.status, pids[index] === victim ? 'rejected' : 'fulfilled');
    }
    await t.waitFor(
      () => {
        assert.equal(readyLines().length, readyBefore + 1);
      },
      { timeout: 60_000, interval: 10 },
    );
    const backAfterMs = performance.now() - killedAt;
    // Where the machine is busy it takes longer, and so did the first ones.
    const first = readyLines().slice(0, readyBefore);
    const bootMs = Math.max(...first.map((line) => Number(line.bootMs)));
    const said = `back after ${backAfterMs} ms, and ${bootMs} ms to boot at first`;
    assert.ok(backAfterMs < Math.max(2_000, 1_000 + 2 * bootMs), said);

    const [death, restart, ...more] = holdfast.log().filter(({ level }) => level !== 'info');
    assert.equal(death?.message, 'worker died');
    assert.equal(death.signal, 'SIGKILL');
    assert.equal(death.class, 'killed');
    assert.equal(restart?.message, 'worker is started again');
    assert.deepEqual(more, []);
    for (const agent of survivors) assert.equal(typeof (await agent.workerPid()), 'number');
    const [newcomer] = await Promise.all([Agent.connect(port), Agent.connect(port)]);
    assert.notEqual(await newcomer.workerPid(), victim);
    for (const agent of agents) agent.socket.terminate();
  });

  test('answer what runs before they stop, and say goodbye with 1001', { timeout }, async () => {
    await using holdfast = start();
    await using agent = await Agent.connect(await holdfast.serving);
    const closed = once(agent.socket, 'close');
    const running = agent.call('waits', { ms: 1_000 });
    holdfast.child.kill('SIGTERM');
    const { result } = await running;
    assert.equal(result?.content?.[0]?.text, 'waited 1000 ms');
    const [code] = await closed;
    assert.equal(code, 1001);
    assert.deepEqual(await holdfast.ended, { code: 0, signal: null });
  });

  test('are all that is waited for: what else is left open does not keep us', {
    timeout,
  }, async () => {
    const preload = join(import.meta.dirname, 'fixtures/leaves-open.ts');
    await using holdfast = start({ env: { NODE_OPTIONS: `--import=${preload}` } });
    await holdfast.serving;
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    const line = holdfast
      .log()
      .find(({ message }) => message.startsWith('something was left open'));
    assert.ok(Array.isArray(line?.open) && line.open.includes('TCPServerWrap'));
  });

  test('are not waited for when the signal comes twice', { timeout }, async () => {
    await using holdfast = start();
    await using agent = await Agent.connect(await holdfast.serving);
    const running = agent.call('waits', { ms: 30_000 }).catch(() => 'cut off');
    holdfast.child.kill('SIGINT');
    await sleep(ECHO_MS);
    holdfast.child.kill('SIGINT');
    assert.equal(await running, 'cut off');
    assert.equal((await holdfast.ended).code, 0);
  });

  test('do not wait for a client that was refused and never hangs up', { timeout }, async () => {
    await using holdfast = start();
    const socket = connect({
      port: await holdfast.serving,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    const head = ['GET /nowhere HTTP/1.1', 'Host: localhost', 'Connection: Upgrade'];
    socket.write([...head, 'Upgrade: websocket', '', ''].join('\r\n'));
    await once(socket, 'data');
    const stoppedAt = performance.now();
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    assert.ok(performance.now() - stoppedAt < 4_000);
    socket.destroy();
  });

  test('stop at once while they still wait for a database', { timeout }, async (t) => {
    await using holdfast = start({ env: { DATABASE_URL: 'postgresql://127.0.0.1:1/away' } });
    await t.waitFor(
      () => {
        assert.ok(holdfast.log().some(({ message }) => message === 'waiting for a dependency'));
      },
      { timeout: 60_000 },
    );
    const stoppedAt = performance.now();
    holdfast.child.kill('SIGTERM');
    assert.equal((await holdfast.ended).code, 0);
    assert.ok(performance.now() - stoppedAt < 3_000);
  });

  test('live on when their supervisor was stopped for a while', { timeout }, async () => {
    await using holdfast = start({ env: { MCP_SUPERVISOR_SILENCE_MS: '3000' } });
    await using agent = await Agent.connect(await holdfast.serving);
    const pid = await agent.workerPid();
    holdfast.child.kill('SIGSTOP');
    await sleep(4_000);
    holdfast.child.kill('SIGCONT');
    await sleep(1_500);
    assert.equal(await agent.workerPid(), pid);
    assert.equal(
      holdfast.log().some(({ message }) => message.includes('silent')),
      false,
    );
  });

  test('keep what a tool throws to themselves, and live on', { timeout }, async () => {
    await using holdfast = start();
    await using agent = await Agent.connect(await holdfast.serving);
    const pid = await agent.workerPid();
    const { error } = await agent.call('leaks');
    assert.equal(error?.code, -32603);
    assert.equal(error?.message, 'Internal error');
    assert.equal((await agent.call('deaf')).error?.code, 504);
    assert.equal((await agent.call('lies')).error?.code, -32603);
    assert.equal((await agent.call('mendable', { colour: 'red' })).result?.isError, true);
    assert.deepEqual((await agent.call('asks_postgres')).result?.structuredContent, {
      schema: 'tools',
    });
    assert.equal(await agent.workerPid(), pid);
  });
});

suite('a start that cannot succeed', { concurrency: 2 }, () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
  });

  /** How it ends, and why it says so. */
  async function fate(
    env: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; said: string; starts: number }> {
    await using holdfast = startHoldfast({
      env: { ...suiteServers(database.url), MCP_STARTUP_DEADLINE_MS: '1500', ...env },
    });
    const { code } = await holdfast.ended;
    const given = holdfast.log().filter(({ message }) => message === 'giving up');
    const starts = holdfast.log().filter(({ message }) => message === 'worker died').length;
    return { code, said: JSON.stringify(given[0] ?? {}), starts };
  }

  test('a wrong configuration ends it with 78, before anything is started', {
    timeout,
  }, async () => {
    const { code, said, starts } = await fate({ MCP_PORT: 'high', MCP_WORKERS: 'many' });
    assert.equal(code, 78);
    assert.match(said, /MCP_PORT.*MCP_WORKERS/);
    assert.equal(starts, 0);
  });

  test('a port that is taken ends it with 69 and names the port', { timeout }, async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const address = squatter.address();
    assert.ok(address !== null && typeof address === 'object');
    const { code, said, starts } = await fate({ MCP_PORT: String(address.port) });
    squatter.close();
    assert.equal(code, 69);
    assert.match(said, new RegExp(`Port ${address.port} of 127.0.0.1 is taken`));
    assert.equal(starts, 0);
  });

  test('a Postgres that stays away ends it with 69, and a wrong password with 78', {
    timeout,
  }, async () => {
    const away = await fate({ DATABASE_URL: 'postgresql://mcp:secret-pw@127.0.0.1:1/mcp' });
    assert.equal(away.code, 69);
    assert.match(away.said, /postgres: connection refused \(ECONNREFUSED\) at 127.0.0.1:1\/mcp/);
    const url = new URL(database.url);
    url.password = 'wrong-password';
    // It does not wait, however long it may.
    const refused = await fate({ DATABASE_URL: url.href, MCP_STARTUP_DEADLINE_MS: '30000' });
    assert.equal(refused.code, 78);
    assert.match(refused.said, /refuses us: password authentication failed \(28P01\)/);
    assert.equal(refused.starts, 1);
    for (const { said } of [away, refused]) assert.doesNotMatch(said, /secret-pw|wrong-password/);
  });

  test('a Redis that stays away ends it with 69', { timeout }, async () => {
    const { code, said } = await fate({ REDIS_URL: 'redis://127.0.0.1:1' });
    assert.equal(code, 69);
    assert.match(said, /redis: connection refused \(ECONNREFUSED\) at 127.0.0.1:1/);
  });

  test('a log file that cannot be opened ends it with 78', { timeout }, async () => {
    const { code, said } = await fate({ MCP_LOG_FILE: '/nowhere/holdfast.log' });
    assert.equal(code, 78);
    assert.match(said, /\/nowhere\/holdfast.log cannot be opened \(ENOENT\)/);
  });

  test('tools that are not there end it with 78', { timeout }, async () => {
    const { code, said } = await fate({ MCP_TOOLS: '/nowhere' });
    assert.equal(code, 78);
    assert.match(said, /MCP_TOOLS names \/nowhere/);
  });
});

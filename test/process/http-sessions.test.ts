/** Workers are one server: a session over HTTP belongs to none of them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { INHERITED } from '../support/inherited.ts';
import { type Holdfast, startHoldfast, suiteServers } from './holdfast.ts';
import { HttpAgent, messageOf } from './http-agent.ts';

const timeout = 180_000;
/** So often that it is at every worker. */
const OFTEN = 12;

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const run = promisify(execFile);

function isSocket({ transport }: { readonly transport: string }): boolean {
  return transport === 'websocket';
}

/** A call that runs, and who runs it. */
async function linger(agent: HttpAgent, id: string, ms: number) {
  const events = await agent.call(id, 'lingers', { ms });
  const [first, progress] = [await events.next(), await events.next()];
  assert.ok(first.done !== true && progress.done !== true);
  const { params } = progress.value.message ?? {};
  assert.ok(typeof params === 'object' && params !== null && 'message' in params);
  const pid = Number(params.message);
  return { events, start: first.value.id, place: progress.value.id, pid };
}

suite('a session over HTTP', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let holdfast: Holdfast;
  let port: number;
  before(async () => {
    database = await createDatabase();
    holdfast = startHoldfast({ env: { ...suiteServers(database.url), MCP_WORKERS: '4' } });
    port = await holdfast.serving;
  });
  after(async () => {
    await holdfast[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('is known to whichever worker is asked', { timeout }, async () => {
    const agent = await HttpAgent.begin(port);
    const pids = new Set<unknown>();
    for (let asked = 0; asked < OFTEN; asked += 1) {
      const { result } = await agent.ask('tools/call', { name: 'who_serves' });
      pids.add(JSON.stringify(result));
    }
    assert.ok(pids.size > 1, 'all were at one worker');
  });

  test('that was ended is known to none', { timeout }, async () => {
    const agent = await HttpAgent.begin(port);
    assert.equal(await agent.end(), 204);
    for (let asked = 0; asked < OFTEN; asked += 1) await assert.rejects(agent.ask('ping'), /404/);
  });

  test('and sockets are ended by an operator, at every worker within five seconds', {
    timeout,
  }, async () => {
    const agent = await HttpAgent.begin(port);
    const stream = await agent.stream();
    await stream.next();
    const { events } = await linger(agent, 'o', 50_000);
    const socket = await Agent.connect(port);
    const closed = once(socket.socket, 'close');
    const env = { ...INHERITED, DATABASE_URL: database.url };
    const command = (...args: string[]) => {
      return run(process.execPath, [BIN, 'sessions', ...args], { env, timeout });
    };
    const rowsOf = async () => JSON.parse((await command('list')).stdout);
    // Its row is written a moment after.
    for (let rows = []; !rows.some(isSocket); ) rows = await rowsOf();
    const { stderr } = await command('end', '--principal', 'anonymous');
    const told = performance.now();
    assert.match(stderr, /^\d+ sessions are ended/);
    const [code] = await closed;
    assert.equal(code, 1008);
    for (const each of [stream, events]) assert.equal((await each.next()).done, true);
    assert.ok(performance.now() - told < 5_000);
    for (let asked = 0; asked < OFTEN; asked += 1) await assert.rejects(agent.ask('ping'), /404/);
    assert.deepEqual(await rowsOf(), []);
  });

  test('answers a question at any worker', { timeout }, async () => {
    const agent = await HttpAgent.begin(port);
    for (let asked = 0; asked < OFTEN; asked += 1) {
      const events = await agent.call(`q${asked}`, 'asks_name', {});
      const { id } = await messageOf(events);
      const result = { action: 'accept', content: { name: `Ann ${asked}` } };
      const posted = await agent.post({ id, result });
      assert.equal(posted.statusCode, 202);
      posted.resume();
      assert.match(JSON.stringify(await messageOf(events)), new RegExp(`Hello, Ann ${asked}`));
    }
  });

  test('cancels a call at any worker', { timeout }, async () => {
    const agent = await HttpAgent.begin(port);
    for (let asked = 0; asked < OFTEN; asked += 1) {
      const { events } = await linger(agent, `c${asked}`, 50_000);
      const params = { requestId: `c${asked}` };
      (await agent.post({ method: 'notifications/cancelled', params })).resume();
      assert.equal((await events.next()).done, true);
    }
  });

  test('and sockets, at all workers, hear of a change once', { timeout }, async () => {
    const agents = await Promise.all(Array.from({ length: 8 }, () => HttpAgent.begin(port)));
    const streams = await Promise.all(agents.map((agent) => agent.stream()));
    await Promise.all(streams.map((events) => events.next()));
    const sockets = await Promise.all(Array.from({ length: 8 }, () => Agent.connect(port)));
    const heard = sockets.map(({ socket }) => {
      const messages: string[] = [];
      socket.on('message', (data: Buffer) => messages.push(String(data)));
      return messages;
    });
    const [agent] = agents;
    assert.ok(agent !== undefined);
    await Promise.all(
      agents.map((each) => each.ask('resources/subscribe', { uri: 'test://marker' })),
    );
    await agent.ask('tools/call', { name: 'announces', arguments: {} });
    await agent.ask('tools/call', { name: 'announces', arguments: { uri: 'test://marker' } });
    for (const events of streams) {
      // The second follows the first: nothing is told twice.
      assert.equal((await messageOf(events)).method, 'notifications/tools/list_changed');
      assert.equal((await messageOf(events)).method, 'notifications/resources/updated');
    }
    for (const [index, socket] of sockets.entries()) {
      await socket.call('who_serves', {});
      const changes = heard[index]?.filter((text) => text.includes('list_changed'));
      assert.equal(changes?.length, 1);
      await socket[Symbol.asyncDispose]();
    }
    await Promise.all(agents.map((each) => each.end()));
  });

  test('takes up the stream of a call at another worker', { timeout }, async () => {
    const agent = await HttpAgent.begin(port);
    const { events, start } = await linger(agent, 'r', 1_000);
    await events.return(undefined);
    const rest = await agent.stream(start);
    assert.equal((await messageOf(rest)).method, 'notifications/progress');
    assert.match(JSON.stringify(await messageOf(rest)), /lingered/);
    assert.equal((await rest.next()).done, true);
  });

  test('outlives its worker: the call is answered with an error, and changes are not missed', {
    timeout,
  }, async () => {
    const agent = await HttpAgent.begin(port);
    const changes = await agent.stream();
    const { value } = await changes.next();
    const { events, start, place, pid } = await linger(agent, 'k', 50_000);
    process.kill(pid, 'SIGKILL');
    for await (const event of events) assert.fail(JSON.stringify(event));
    await changes.return(undefined);
    await agent.ask('tools/call', { name: 'announces', arguments: {} });

    const whole = await agent.stream(start);
    const rest = await agent.stream(place);
    assert.equal((await messageOf(whole)).method, 'notifications/progress');
    for (const stream of [whole, rest]) {
      const { id, error } = await messageOf(stream);
      assert.equal(id, 'k');
      assert.match(JSON.stringify(error), /503.*has ended/);
      assert.equal((await stream.next()).done, true);
    }
    const missed = await agent.stream(value?.id);
    assert.equal((await messageOf(missed)).method, 'notifications/tools/list_changed');
    await missed.return(undefined);
  });
});

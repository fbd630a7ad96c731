import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';

import { parseFromWorker } from '../../src/shared/ipc.ts';
import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { MISBEHAVING_TOOLS, startHoldfast, suiteServers } from '../process/holdfast.ts';
import { connect } from '../worker/store/connected.ts';
import { makeSession, openService } from '../worker/store/session-service.ts';

const run = promisify(execFile);
const MIB = 1_048_576;
const LINE_BYTES_MAX = 65_536;
/** Messages of types there are not, or with fields that are not so. */
const FORGED: readonly unknown[] = [
  { type: 'reload' },
  { type: 'drain', deadlineMs: 0, jitterMs: 0, reason: 'stop' },
  { type: 'exec', command: 'id' },
  { type: '__proto__' },
  { type: 'constructor', port: 1 },
  { type: ['ready'], port: 1 },
  { type: 'ready', port: '1; id' },
  { type: 'hello', version: 1, build: {}, node: 'x' },
  { type: 'metrics', families: [{ name: 'a', values: 'x' }] },
  { type: 'fatal', class: 'none', message: 'x', calls: [] },
  { type: 'dependency', name: 'postgres', required: true, status: 'sideways', address: '' },
  { cmd: 'NODE_EVAL', code: 'process.exit(1)' },
  'ready',
  [],
  7,
];

suite('a line of the log', () => {
  test('is one line of JSON and not long, whatever an agent says of itself (S63)', async () => {
    const logger = join(import.meta.dirname, '../../src/shared/logger.ts');
    const program = `
      import { createLogger } from '${logger}';
      const log = createLogger({ level: 'info', file: undefined, human: false, redact: (text) => text, fields: {} });
      for (const name of [
        'a\\r\\n{"level":"error","message":"forged"}',
        '\\u001b[2J\\u001b]0;owned\\u0007',
        '\\u0000\\u0008\\u007f',
        '🧀'.repeat(10),
        '🧀'.repeat(16_383) + 'x🧀',
        'half \\ud83e of one',
        '\\u2028\\u2029',
        'x'.repeat(${MIB}),
        '🧀'.repeat(${MIB / 4}),
      ]) log.info('said', { name, nested: { name }, error: new Error(name) });`;
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module-typescript', '--eval', program],
      { maxBuffer: 32 * MIB },
    );
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 9);
    for (const line of lines) {
      assert.partialDeepStrictEqual(JSON.parse(line), { level: 'info', message: 'said' });
      // What an error says is in its stack, too.
      assert.ok(Buffer.byteLength(line) < LINE_BYTES_MAX * 4, String(Buffer.byteLength(line)));
      // oxlint-disable-next-line no-control-regex -- those are what is looked for
      assert.doesNotMatch(line, /[\u0000-\u001f]/);
    }
  });
});

suite('a supervisor', () => {
  test('passes over what is no message of a worker (S68)', () => {
    for (const message of FORGED) assert.equal(parseFromWorker(message), undefined);
  });

  test('whose workers are taken over does nothing that it is told by them, and nobody opens an inspector (S68, S67)', {
    timeout: 60_000,
  }, async () => {
    await using database = await createDatabase();
    await using holdfast = startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_WORKERS: '1',
        MCP_TOOLS: `${MISBEHAVING_TOOLS},${join(import.meta.dirname, 'compromised')}`,
      },
    });
    await using agent = await Agent.connect(await holdfast.serving);
    const worker = await agent.workerPid();
    const supervisor = holdfast.child.pid ?? assert.fail();
    await agent.call('forges', { messages: FORGED });
    for (const pid of [supervisor, worker]) {
      for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.kill(pid, signal);
    }
    // Signals are heard before what comes after them is answered.
    assert.equal(await agent.workerPid(), worker);
    assert.equal(
      (await agent.call('waits', { ms: 100 })).result?.content?.[0]?.text,
      'waited 100 ms',
    );
    assert.equal(holdfast.child.exitCode, null);
    assert.doesNotMatch(holdfast.output(), /Debugger listening|inspector/i);
    // The operators' token is the supervisor's alone.
    const token = readFileSync(join(holdfast.stateFolder, 'admin-token'), 'utf8').trim();
    assert.ok(token.length > 16);
    assert.ok(!readFileSync(`/proc/${worker}/environ`, 'utf8').includes(token));
  });
});

suite('what somebody else put', () => {
  test('in the place of a session in Redis is passed over (S69)', async () => {
    await using service = await openService();
    const { sessions, redis, cache } = await service.work();
    const session = makeSession();
    await sessions.create(session);
    for (const text of [
      '{',
      '9 {',
      '9 {"id":5}',
      '9 {"__proto__":{"principal":"eve"}}',
      `9 ${JSON.stringify({ ...session, principal: ['eve'] })}`,
      `9 ${JSON.stringify({ ...session, subscriptions: 'all' })}`,
      `9 ${'['.repeat(100_000)}`,
      `9 "${'x'.repeat(MIB)}"`,
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- each takes the place of the one before
      await redis.set(service.keyOf(session.id), text);
      // oxlint-disable-next-line no-await-in-loop -- as above
      assert.equal(await cache.find(session.id), undefined);
      // oxlint-disable-next-line no-await-in-loop -- as above
      assert.deepEqual(await sessions.find(session.id, session.principal), session);
      assert.equal(Reflect.get({}, 'principal'), undefined);
    }
  });

  test('in the place of a session in Postgres is not taken for one (S69)', async () => {
    await using service = await openService();
    const { sessions, redis } = await service.work();
    for (const capabilities of ['"x"', 'null', '7']) {
      const session = makeSession();
      // oxlint-disable-next-line no-await-in-loop -- one after another is enough
      await sessions.create(session);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await redis.del(service.keyOf(session.id));
      // oxlint-disable-next-line no-await-in-loop -- as above
      await service.admin.query('update holdfast.sessions set capabilities = $1 where id = $2', [
        capabilities,
        session.id,
      ]);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await assert.rejects(
        sessions.find(session.id, session.principal),
        /not as our migrations made it/,
      );
    }
  });

  test('on the bus, a flood of it, is passed over, and what is ours heard among it (S69)', async (t) => {
    using here = await connect();
    const heard: unknown[] = [];
    using _listening = await here.bus.listen('news', (message) => heard.push(message));
    const flood = here.redis.pipeline();
    for (let count = 0; count < 20_000; count += 1)
      flood.publish(`${here.prefix}news`, 'hello {'.repeat(10));
    flood.publish(`${here.prefix}news`, '['.repeat(100_000));
    await flood.exec();
    await here.bus.publish('news', { number: 1 });
    await t.waitFor(() => assert.deepEqual(heard, [{ number: 1 }]), { timeout: 60_000 });
  });
});

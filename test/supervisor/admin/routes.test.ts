import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { quickest } from '../../support/quickest.ts';
import { ask, authorization } from './ask.ts';
import { open, TOKEN } from './opened.ts';
import { degraded, down, facts, running } from './snapshot.ts';

const withToken = { headers: { authorization } };

suite('the probes', () => {
  test('/livez says that the supervisor lives, whatever else is wrong', async () => {
    await using opened = await open();
    opened.source.current = { ...running, state: 'FATAL', workers: [] };
    const { status, headers, body } = await ask(opened, '/livez');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'alive' });
    assert.equal(headers['cache-control'], 'no-store');
  });

  test('/startupz answers 503 until a worker was ready, and 200 for ever after', async () => {
    await using opened = await open();
    opened.source.current = { ...running, started: false, state: 'BOOTING' };
    const before = await ask(opened, '/startupz');
    assert.equal(before.status, 503);
    assert.equal(before.headers['retry-after'], '1');
    opened.source.current = { ...running, started: true, state: 'NO_CAPACITY' };
    assert.equal((await ask(opened, '/startupz')).status, 200);
  });

  for (const [what, snapshot, expected] of [
    ['runs', running, [200, 200, 'pass']],
    ['runs without all its workers', degraded, [200, 200, 'warn']],
    ['lost Redis', { ...running, dependencies: [down('redis', false)] }, [200, 200, 'warn']],
    ['lost Postgres', { ...running, dependencies: [down('postgres', true)] }, [503, 503, 'fail']],
    ['starts', { ...running, state: 'INIT' }, [503, 503, 'fail']],
    ['boots', { ...running, state: 'BOOTING' }, [503, 503, 'fail']],
    ['has no worker', { ...running, state: 'NO_CAPACITY', workers: [] }, [503, 503, 'fail']],
    ['stops', { ...running, state: 'STOPPING' }, [503, 503, 'fail']],
    ['gave up', { ...running, state: 'FATAL' }, [503, 503, 'fail']],
  ] as const) {
    test(`a supervisor that ${what} is ${expected[2]}`, async () => {
      await using opened = await open();
      opened.source.current = snapshot;
      const ready = await ask(opened, '/readyz');
      const health = await ask(opened, '/healthz');
      assert.deepEqual([ready.status, health.status, health.body.status], expected);
      assert.equal(ready.headers['retry-after'], expected[0] === 503 ? '1' : undefined);
      assert.equal(health.headers['retry-after'], expected[1] === 503 ? '1' : undefined);
      assert.equal(health.headers['content-type'], 'application/health+json');
    });
  }

  test('/readyz says why, and with ?verbose shows the single checks', async () => {
    await using opened = await open();
    opened.source.current = { ...running, dependencies: [down('postgres', true)] };
    assert.deepEqual((await ask(opened, '/readyz')).body, {
      status: 'unavailable',
      reason: 'DependencyDown',
      message: 'postgres down',
    });
    const { checks } = (await ask(opened, '/readyz?verbose')).body;
    assert.equal(checks['workers:ready'][0].status, 'pass');
    assert.equal(checks['postgres:responseTime'][0].status, 'fail');
    assert.equal(checks['postgres:responseTime'][0].output, 'down (ECONNREFUSED)');
  });
});

suite('what can be read', () => {
  test('/metrics is what the function says that was handed in', async () => {
    await using opened = await open();
    const { status, headers, body } = await ask(opened, '/metrics');
    assert.deepEqual(
      [status, headers['content-type'], body],
      [200, 'text/plain; version=0.0.4', 'up 1\n'],
    );
  });

  test('/supervisor/state answers at once, redacted', async () => {
    await using opened = await open();
    opened.source.current = { ...degraded, stateReason: 'password hunter2 is wrong' };
    await ask(opened, '/livez');
    const { status, body } = await ask(opened, '/supervisor/state');
    assert.ok((await quickest(() => ask(opened, '/supervisor/state'))) < 100);
    assert.equal(status, 200);
    assert.equal(body.schema, 'mcp.supervisor.state/1');
    assert.equal(body.supervisor.stateReason, 'password [redacted] is wrong');
    assert.equal(body.workers.length, 2);
  });

  test('/supervisor/fatal is the last fatal report, and 404 where there is none', async () => {
    await using opened = await open();
    assert.equal((await ask(opened, '/supervisor/fatal')).status, 404);
    opened.source.facts = { ...facts, fatal: { cause: 'password hunter2' } };
    const { status, body } = await ask(opened, '/supervisor/fatal');
    assert.deepEqual([status, body], [200, { cause: 'password [redacted]' }]);
  });

  test('/supervisor/tools is what agents are offered, where it comes from, and what was wrong', async () => {
    await using opened = await open();
    const fault = { file: '/tools/a.ts', line: 3, column: undefined, subject: undefined };
    const entry = { kind: 'tool', name: 'add', source: '/tools/a.ts', definition: 'aa' } as const;
    const path = '/tools';
    opened.source.details = {
      ...opened.source.details,
      sources: [{ path, isFolder: true, version: 'abc', files: ['a.ts'] }],
      proof: {
        generation: '0123456789abcdef',
        at: 0,
        tookMs: 1,
        entries: [{ ...entry, description: 'Adds', scope: undefined, told: undefined }],
        faults: [],
        warnings: [{ ...fault, message: 'It says hunter2' }],
      },
      last: {
        result: 'failed',
        at: 0,
        tookMs: 7,
        toolGeneration: undefined,
        lists: [],
        faults: [{ ...fault, message: 'Unexpected end of input' }],
      },
    };
    const { status, body } = await ask(opened, '/supervisor/tools');
    assert.equal(status, 200);
    const told = { file: '/tools/a.ts', line: 3, column: null, subject: null };
    assert.partialDeepStrictEqual(body, {
      toolGeneration: '0123456789abcdef',
      previous: 'fedcba9876543210',
      tools: 12,
      reload: {
        active: false,
        last: { result: 'failed', faults: [{ ...told, message: 'Unexpected end of input' }] },
      },
    });
    assert.deepEqual(body.sources, [{ path, version: 'abc' }]);
    assert.deepEqual(body.entries, [{ ...entry, description: 'Adds', scope: null, told: null }]);
    assert.deepEqual(body.warnings, [{ ...told, message: 'It says [redacted]' }]);
  });

  test('/supervisor/tools has no tools before anybody has loaded them', async () => {
    await using opened = await open();
    const { body } = await ask(opened, '/supervisor/tools');
    assert.deepEqual([body.entries, body.warnings, body.sources], [null, null, []]);
  });

  test('/supervisor/quarantine lists the calls under it', async () => {
    await using opened = await open();
    opened.source.current = degraded;
    const { quarantine } = (await ask(opened, '/supervisor/quarantine')).body;
    assert.deepEqual(
      [quarantine[0].fingerprint, quarantine[0].until],
      ['0123456789ab', '2026-11-22T11:45:00.000Z'],
    );
  });

  test('/supervisor/events pages through what happened', async () => {
    await using opened = await open();
    for (const to of [2, 3, 4]) opened.events.add({ type: 'scaled', from: 1, to });
    const { status, body } = await ask(opened, '/supervisor/events?since=1&limit=1');
    assert.equal(status, 200);
    assert.equal(body.lastSeq, 3);
    assert.deepEqual(
      body.events.map(({ seq, to }: { seq: number; to: number }) => [seq, to]),
      [[2, 3]],
    );
    assert.equal((await ask(opened, '/supervisor/events?since=-1')).status, 400);
    assert.equal((await ask(opened, '/supervisor/events?limit=all')).status, 400);
  });

  test('HEAD tells the headers alone', async () => {
    await using opened = await open();
    const paths = ['/livez', '/supervisor/state'];
    for (const path of paths) {
      const { status, body } = await ask(opened, path, { method: 'HEAD' });
      assert.deepEqual([status, body], [200, '']);
    }
    const headers = { accept: 'text/event-stream' };
    assert.equal(
      (await ask(opened, '/supervisor/events', { method: 'HEAD', headers })).status,
      200,
    );
  });
});

suite('orders', () => {
  const orders = [
    ['/supervisor/reload', '', 'reload'],
    ['/supervisor/drain', '', 'drain'],
    ['/supervisor/workers/1/recycle', '', 'recycle 1'],
    ['/supervisor/scale', '{"workers":3}', 'scale 3'],
    ['/supervisor/quarantine', '{"release":"0123456789ab"}', 'release 0123456789ab'],
    ['/supervisor/tools/reload', '', 'reload tools'],
    ['/supervisor/tools/rollback', '', 'roll back tools'],
  ] as const;

  for (const [path, body, order] of orders) {
    test(`POST ${path} is carried out, and told where its events follow`, async () => {
      await using opened = await open();
      opened.events.add({ type: 'scaled', from: 1, to: 2 });
      const answer = await ask(opened, path, { method: 'POST', body, ...withToken });
      assert.equal(answer.status, 202);
      assert.match(answer.body.operation, /^[\da-f-]{36}$/);
      assert.equal(answer.body.events, '/supervisor/events?since=1');
      assert.deepEqual(opened.source.orders, [order]);
      const logged = opened.lines.find(({ message }) => message === 'order accepted');
      assert.equal(Object(logged?.fields).operation, answer.body.operation);
    });

    test(`POST ${path} is 409 while another is carried out, and 404 for what is not there`, async () => {
      await using opened = await open();
      opened.source.outcome = 'busy';
      assert.equal((await ask(opened, path, { method: 'POST', body, ...withToken })).status, 409);
      opened.source.outcome = 'unknown';
      assert.equal((await ask(opened, path, { method: 'POST', body, ...withToken })).status, 404);
    });

    test(`POST ${path} needs the token, from this machine too`, async () => {
      await using opened = await open();
      const wrong = { authorization: 'Bearer guessed' };
      for (const headers of [{}, wrong, { authorization: TOKEN }]) {
        const answer = await ask(opened, path, { method: 'POST', body, headers });
        assert.equal(answer.status, 401);
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
        assert.equal(answer.headers['content-type'], 'application/problem+json');
      }
      assert.deepEqual(opened.source.orders, []);
    });
  }

  test('a body that says nothing is 400, and names what it should be', async () => {
    await using opened = await open();
    for (const [path, body] of [
      ['/supervisor/scale', ''],
      ['/supervisor/scale', '{"workers":0}'],
      ['/supervisor/scale', '{"workers":1.5}'],
      ['/supervisor/scale', '{"workers":257}'],
      ['/supervisor/scale', '{"workers":"2"}'],
      ['/supervisor/quarantine', '{'],
      ['/supervisor/quarantine', '{"release":1}'],
    ] as const) {
      const answer = await ask(opened, path, { method: 'POST', body, ...withToken });
      assert.equal(answer.status, 400, body);
      assert.match(answer.body.detail, /^The body is \{/);
    }
    assert.deepEqual(opened.source.orders, []);
  });

  test('nobody brings tools over the network: an order about them has no body (S46)', async () => {
    await using opened = await open();
    for (const path of ['/supervisor/tools/reload', '/supervisor/tools/rollback']) {
      for (const body of [
        '{"command":"sh","args":["-c","id"]}',
        '{"url":"file:///tmp/tool.ts"}',
        'export const tool = 1;',
        '{}',
        ' ',
      ]) {
        const answer = await ask(opened, path, { method: 'POST', body, ...withToken });
        assert.equal(answer.status, 400, body);
        assert.match(answer.body.detail, /has no body/);
      }
    }
    assert.deepEqual(opened.source.orders, []);
    assert.equal(opened.entries.at(-1)?.outcome, 'invalid');
  });

  test('a rollback is 409 if nothing was served before', async () => {
    await using opened = await open();
    opened.source.outcome = 'no-previous';
    const path = '/supervisor/tools/rollback';
    const { status, body } = await ask(opened, path, { method: 'POST', ...withToken });
    assert.equal(status, 409);
    assert.match(body.detail, /No tools were served before/);
  });

  test('a body over 4 KiB is 413, whether or not it says so beforehand', async () => {
    await using opened = await open();
    const body = ' '.repeat(4_097);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const answer = await ask(opened, '/supervisor/scale', {
        method: 'POST',
        body,
        headers: { ...headers, authorization },
      });
      assert.equal(answer.status, 413);
    }
  });

  test('a slot that is no number is 404', async () => {
    await using opened = await open();
    const path = '/supervisor/workers/one/recycle';
    assert.equal((await ask(opened, path, { method: 'POST', ...withToken })).status, 404);
    assert.deepEqual(opened.source.orders, []);
  });
});

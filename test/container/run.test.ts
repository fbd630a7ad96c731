import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { Container, skip } from './container.ts';

const HEALTHY_MS_MAX = 60_000;
const CALL_MS = 3_000;

/** A container that serves. */
async function runHealthy(flags: readonly string[]): Promise<Container> {
  const container = await Container.run({
    flags: ['--restart=on-failure:5', '--health-interval=500ms', ...flags],
  });
  await container.untilHealth('healthy', HEALTHY_MS_MAX);
  return container;
}

suite('a container that serves', { skip }, () => {
  test('lets a call finish when it is stopped, and ends with 0 as soon as it has', async () => {
    await using container = await runHealthy([]);
    await using agent = await Agent.connect(container.port);
    const call = agent.call('waits', { ms: CALL_MS });
    // What is answered after it was sent after it.
    await agent.request('ping', {});
    const startedAt = performance.now();
    const stopped = container.stop();
    const { result } = await call;
    assert.equal(result?.content?.[0]?.text, `waited ${CALL_MS} ms`);
    await stopped;
    assert.ok(performance.now() - startedAt < CALL_MS + 5_000);
    const { State, RestartCount } = await container.inspect();
    assert.deepEqual([State.Status, State.ExitCode, RestartCount], ['exited', 0, 0]);
  });

  test('loses a worker to its memory limit, says so, and puts another in its place', async () => {
    await using container = await runHealthy(['--memory=400m', '--memory-swap=400m']);
    const glutton = await Agent.connect(container.port);
    const pid = await glutton.workerPid();
    await assert.rejects(glutton.call('eats'), /The socket closed/);

    await container.untilPrinted(/oom_cgroup/, 1, 30_000);
    await container.untilPrinted(/"message":"worker serves"/, 2, 30_000);
    await using agent = await Agent.connect(container.port);
    assert.notEqual(await agent.workerPid(), pid);
    const { State, RestartCount } = await container.inspect();
    assert.deepEqual([State.Status, RestartCount], ['running', 0]);
  });
});

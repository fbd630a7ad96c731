import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { StoppablePostgres } from '../support/stoppable-postgres.ts';
import { Container, skip } from './container.ts';

const TURN_MS_MAX = 30_000;

suite('the health of a container', { skip }, () => {
  test('is lost with Postgres and comes back with it, and no process ends over that', async () => {
    await using postgres = await StoppablePostgres.start();
    await using container = await Container.run({
      env: { DATABASE_URL: postgres.url },
      flags: ['--restart=on-failure:5', '--health-interval=500ms', '--health-retries=2'],
    });
    await container.untilHealth('healthy', TURN_MS_MAX);
    await using agent = await Agent.connect(container.port);
    const pid = await agent.workerPid();

    await postgres.stop();
    const { State } = await container.untilHealth('unhealthy', TURN_MS_MAX);
    const { ExitCode, Output } = State.Health?.Log.at(-1) ?? {};
    assert.equal(ExitCode, 1);
    assert.match(Output ?? '', /^not ready: 503 .*postgres/i);

    await postgres.start();
    const { RestartCount } = await container.untilHealth('healthy', TURN_MS_MAX);
    assert.equal(RestartCount, 0);
    assert.equal(await agent.workerPid(), pid);
  });
});

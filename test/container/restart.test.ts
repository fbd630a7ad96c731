/** What Docker's restart policies and our exit codes and holds make of each other. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import { choosePort } from '../../src/supervisor/embedded/port.ts';
import { Container, skip } from './container.ts';

const MISCONFIGURED = 78;
const RESTARTS_MAX = 5;
const FATAL = /^FATAL \[/;
/** What the end of a process takes beside its hold, with Docker's part in it. */
const END_MS_MAX = 1_500;

/** How long each run was held between its report and its end. */
async function holdsOf(container: Container): Promise<number[]> {
  const [reportedAt, endedAt] = [await container.printedAt(FATAL), await container.endedAt()];
  return endedAt.map((ended, index) => ended - (reportedAt[index] ?? Number.NaN));
}

function assertHolds(t: TestContext, holds: readonly number[], expected: readonly number[]): void {
  t.diagnostic(`held for ${holds.map(Math.round).join(', ')} ms`);
  for (const [index, holdMs] of expected.entries()) {
    const held = holds[index] ?? Number.NaN;
    const isRight = held >= holdMs * 0.9 && held <= holdMs * 1.1 + END_MS_MAX;
    assert.ok(isRight, `${holds.map(Math.round).join(', ')} ms and not ${expected.join(', ')}`);
  }
}

/** Nobody listens where it looks for Postgres, and it gives up quickly. */
async function runWithoutPostgres(env: Readonly<Record<string, string>>): Promise<Container> {
  const port = await choosePort(undefined);
  return Container.run({
    env: {
      DATABASE_URL: `postgresql://holdfast:secret@127.0.0.1:${port}/postgres`,
      MCP_STARTUP_DEADLINE_MS: '500',
      ...env,
    },
    flags: ['--restart=unless-stopped'],
  });
}

suite('a container that cannot start', { skip }, () => {
  test('with a wrong password and on-failure:5 is started six times, and says each time which setting is wrong', async () => {
    const url = new URL(process.env.TEST_DATABASE_URL ?? '');
    url.password = 'wrong-and-secret';
    await using container = await Container.run({
      env: { DATABASE_URL: url.href, MCP_SUPERVISOR_HOLD_MS: '100' },
      flags: [`--restart=on-failure:${RESTARTS_MAX}`],
    });
    const ended = await container.until(
      ({ RestartCount, State: { Status } }) => RestartCount === RESTARTS_MAX && Status === 'exited',
      90_000,
    );
    assert.equal(ended.State.ExitCode, MISCONFIGURED);
    const lines = (await container.logs()).split('\n');
    const reports = lines.filter((line) => FATAL.test(line));
    assert.equal(reports.length, RESTARTS_MAX + 1);
    for (const report of reports) {
      assert.match(report, /^FATAL \[dep_auth\] exit 78 CONFIG: .*28P01/);
    }
    assert.ok(lines.some((line) => !line.startsWith('{') && line.includes('DATABASE_URL')));
    const fatal = lines.filter((line) => line.startsWith('{') && line.includes('"level":"fatal"'));
    assert.equal(fatal.length, RESTARTS_MAX + 1);
    assert.ok(!lines.join('\n').includes('wrong-and-secret'));
  });

  test('for want of Postgres and with unless-stopped is held longer with each start', async (t) => {
    await using container = await runWithoutPostgres({ MCP_SUPERVISOR_HOLD_MS: '1000' });
    await container.until(({ RestartCount }) => RestartCount >= 6, 120_000);
    assertHolds(t, await holdsOf(container), [0, 0, 1_000, 2_000, 4_000, 8_000]);
  });

  test('is held 10 s and 20 s by default, and a stop ends the hold at once with the code', async (t) => {
    await using container = await runWithoutPostgres({});
    await container.until(({ RestartCount }) => RestartCount >= 4, 120_000);
    assertHolds(t, await holdsOf(container), [0, 0, 10_000, 20_000]);

    await container.untilPrinted(FATAL, 5, 30_000);
    const startedAt = performance.now();
    await container.stop();
    assert.ok(performance.now() - startedAt < 9_000);
    const { State } = await container.inspect();
    assert.deepEqual([State.Status, State.ExitCode], ['exited', 69]);
  });
});

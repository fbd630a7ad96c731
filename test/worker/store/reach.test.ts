import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import type { DependencyReport } from '../../../src/shared/ipc.ts';
import { silent } from '../../../src/shared/logger.ts';
import type { Dependency } from '../../../src/worker/store/dependency.ts';
import { untilReachable } from '../../../src/worker/store/reach.ts';
import { recordLog } from '../recorded-log.ts';

const errorOf = (code: string): Error =>
  Object.assign(new Error('password=hunter2 is wrong'), { code });

function dependencyOf(ask: () => Promise<unknown>): Dependency {
  const address = 'db.example:5432/holdfast';
  return { name: 'postgres', required: true, address, variable: 'DATABASE_URL', ask };
}

/** One that fails with each of these in turn, then answers. */
function failingWith(...errors: readonly Error[]) {
  const asked = { times: 0 };
  const dependency = dependencyOf(async () => {
    const error = errors[asked.times];
    asked.times += 1;
    if (error !== undefined) throw error;
  });
  return { dependency, asked };
}

function openReports() {
  const reports: DependencyReport[] = [];
  const report = (each: DependencyReport): void => {
    reports.push(each);
  };
  return { reports, report };
}

const options = { deadlineMs: 60_000, report: () => undefined, log: silent };

/** A failure that says what to do, and nothing that the driver said. */
function isRefusal(code: string) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, 'invalid');
    assert.equal(thrown.crashClass, 'dep_auth');
    assert.match(thrown.message, /^postgres at db\.example:5432\/holdfast refuses us: /);
    assert.ok(thrown.message.endsWith(`(${code})`), thrown.message);
    assert.match(thrown.remedy ?? '', /DATABASE_URL\.$/);
    assert.doesNotMatch(JSON.stringify([thrown.message, thrown.stack]), /hunter2/);
    return true;
  };
}

/** Lets the waits between attempts pass at once, and remembers how long they were to be. The time for each attempt is as it is. */
function hurryWaits(t: TestContext): readonly number[] {
  const waits: number[] = [];
  const { setTimeout: wait } = globalThis;
  let isAttempt = false;
  t.mock.method(globalThis, 'setTimeout', (heed: () => void, ms = 0) => {
    isAttempt = !isAttempt;
    if (isAttempt) return wait(heed, ms);
    waits.push(ms);
    return wait(heed, 0);
  });
  return waits;
}

suite('reaching a dependency', () => {
  test('ends with its answer, which is reported', async () => {
    const { reports, report } = openReports();
    await untilReachable(
      dependencyOf(async () => 7),
      { ...options, report },
    );
    assert.equal(reports.length, 1);
    assert.partialDeepStrictEqual(reports[0], { name: 'postgres', status: 'up', code: undefined });
  });

  for (const code of ['28P01', '28000', '3D000', '42501', 'WRONGPASS', 'NOAUTH', 'NOPERM']) {
    test(`is given up at once when it refuses us with ${code}, and that is reported`, async () => {
      const { reports, report } = openReports();
      const { log, lines } = recordLog();
      const { dependency, asked } = failingWith(errorOf(code), errorOf(code));
      const reached = untilReachable(dependency, { ...options, report, log });
      await assert.rejects(reached, isRefusal(code));
      assert.equal(asked.times, 1);
      assert.equal(reports.length, 1);
      assert.partialDeepStrictEqual(reports[0], {
        status: 'down',
        class: 'dep_auth',
        code,
        attempt: 1,
        nextInMs: undefined,
      });
      assert.deepEqual(lines, []);
    });
  }

  test('is tried again while it is away; report and log say what for and how long', async () => {
    const { log, lines } = recordLog();
    const { reports, report } = openReports();
    const { dependency } = failingWith(errorOf('ECONNREFUSED'));
    await untilReachable(dependency, { ...options, report, log });
    assert.deepEqual(
      reports.map(({ status, code, attempt }) => ({ status, code, attempt })),
      [
        { status: 'down', code: 'ECONNREFUSED', attempt: 1 },
        { status: 'up', code: undefined, attempt: undefined },
      ],
    );
    const nextInMs = reports[0]?.nextInMs ?? 0;
    assert.ok(nextInMs >= 500 && nextInMs <= 1_000, String(nextInMs));
    const [line, ...others] = lines;
    assert.deepEqual(others, []);
    assert.partialDeepStrictEqual(line, {
      level: 'warn',
      message: 'waiting for a dependency',
      fields: {
        name: 'postgres',
        address: 'db.example:5432/holdfast',
        code: 'ECONNREFUSED',
        cause: 'connection refused',
        attempt: 1,
        nextInMs,
      },
    });
    assert.ok(line?.fields !== undefined && 'givingUpInMs' in line.fields);
    const { givingUpInMs } = line.fields;
    assert.ok(typeof givingUpInMs === 'number' && givingUpInMs > 50_000 && givingUpInMs <= 60_000);
    assert.doesNotMatch(JSON.stringify([lines, reports]), /hunter2/);
  });

  test('waits longer each time, up to 5 s, and is never given up by itself', async (t) => {
    const waits = hurryWaits(t);
    const { reports, report } = openReports();
    const { log, lines } = recordLog();
    const { dependency } = failingWith(...Array.from({ length: 60 }, () => errorOf('ENOTFOUND')));
    // So long the supervisor waits: it is past from the start, and yet not heeded here.
    await untilReachable(dependency, { ...options, deadlineMs: 0, report, log });
    assert.equal(reports.length, 61);
    assert.deepEqual([reports[59]?.attempt, reports[60]?.status], [60, 'up']);
    assert.deepEqual(
      reports.slice(0, 60).map(({ nextInMs }) => nextInMs),
      waits,
    );
    waits.forEach((ms, index) => {
      const least = Math.min(500 * 2 ** index, 5_000);
      assert.ok(ms >= least && ms <= Math.min(2 * least, 5_000), `${index}: ${ms}`);
    });
    assert.partialDeepStrictEqual(lines[0]?.fields, { givingUpInMs: 0 });
  });

  test('has no countdown where nothing ends the wait', async (t) => {
    hurryWaits(t);
    const { log, lines } = recordLog();
    const { dependency } = failingWith(errorOf('ENOTFOUND'));
    await untilReachable(dependency, { ...options, deadlineMs: undefined, log });
    assert.partialDeepStrictEqual(lines[0]?.fields, { givingUpInMs: undefined });
  });

  test('is given up when a refusal comes after a while', async (t) => {
    hurryWaits(t);
    const { dependency, asked } = failingWith(errorOf('57P03'), errorOf('53300'), errorOf('28P01'));
    await assert.rejects(untilReachable(dependency, options), isRefusal('28P01'));
    assert.equal(asked.times, 3);
  });
});

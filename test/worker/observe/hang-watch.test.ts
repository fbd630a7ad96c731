import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';

import { parseHangLine } from '../../../src/shared/hang-line.ts';

const FIXTURE = 'test/worker/observe/fixtures/blocked.ts';

/** What a process said that was blocked in some way. It is killed after a while if it does not end by itself. */
interface Ended {
  readonly code: number | null;
  readonly said: string;
  /** The stacks on its stderr, and nothing else may be there. */
  readonly stacks: readonly (readonly string[])[];
}

async function block(
  args: readonly string[],
  meddle: (child: ChildProcess) => Promise<void> = async () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [FIXTURE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const ended = once(child, 'exit');
  const [said, errors] = [text(child.stdout), text(child.stderr)];
  await meddle(child);
  const [code]: (number | null)[] = await ended;
  clearTimeout(patience);
  const lines = (await errors).split('\n').filter((line) => line !== '');
  const stacks = lines.map((line) => parseHangLine(line) ?? assert.fail(line));
  return { code: code ?? null, said: await said, stacks };
}

/** Kills a process as soon as it told where it is blocked. */
async function killOnceTold(child: ChildProcess): Promise<void> {
  assert.ok(child.stderr !== null);
  await once(child.stderr, 'data');
  child.kill('SIGKILL');
}

/** Where a text stands in the fixture. */
function lineOf(code: string): number {
  return (
    readFileSync(FIXTURE, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(code)) + 1
  );
}

suite('a blocked event loop', { concurrency: false }, () => {
  test('is told with the function and the line it is blocked in, and goes on', async () => {
    const { code, said, stacks } = await block(['spinForEver', '2500']);
    assert.equal(stacks.length, 1);
    const line = lineOf('while (Date.now() < end)');
    assert.equal(stacks[0]?.[0], `spinForEver (${FIXTURE}:${line})`);
    assert.equal(code, 0);
    assert.match(said, /is over/);
  });

  test('is told once for each time', async () => {
    const { stacks } = await block(['twice', '1500']);
    assert.equal(stacks.length, 2);
    for (const [innermost] of stacks) assert.match(innermost ?? '', /^spinForEver /);
  });

  test('is told of a regular expression that backtracks for ever', async () => {
    const { stacks } = await block(['backtrack'], (child) => killOnceTold(child));
    assert.equal(stacks.length, 1);
    assert.match(stacks[0]?.[0] ?? '', new RegExp(`^backtrack \\(${FIXTURE}:${lineOf('(a+)+')}`));
  });

  test('is told without frames while a synchronous child process runs, and goes on', async () => {
    const { code, said, stacks } = await block(['waitForChild', '2500']);
    assert.deepEqual(stacks, [[]]);
    assert.equal(code, 0);
    assert.match(said, /is over/);
  });
});

suite('an event loop that turns', { concurrency: false }, () => {
  test('is not told of, and the watch does not keep the process alive', async () => {
    const { code, stacks } = await block(['nothing']);
    assert.deepEqual(stacks, []);
    assert.equal(code, 0);
  });

  test('is not told of when the whole process was stopped for a while', async () => {
    const { code, stacks } = await block(['idle', '1500'], async (child) => {
      assert.ok(child.stdout !== null);
      await once(child.stdout, 'data');
      child.kill('SIGSTOP');
      // Longer than the silence: there is no event for time that passes in another process.
      const { promise: passed, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 1_500);
      await passed;
      child.kill('SIGCONT');
    });
    assert.deepEqual(stacks, []);
    assert.equal(code, 0);
  });
});

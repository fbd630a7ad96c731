import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { History, type HistoryFailure, stampOf } from '../../../src/supervisor/fatal/history.ts';
import { parseHistoryRecord, type Stamp } from '../../../src/supervisor/fatal/history-record.ts';
import { holdMs } from '../../../src/supervisor/fatal/loop.ts';
import { findProcess } from '../../../src/supervisor/process-identity.ts';

const LIMITS = { holdMs: 10_000, holdMaxMs: 300_000 };
const HOUR_MS = 3_600_000;
const begin = { type: 'start', version: '1', configHash: 'a' } as const;
const fatal = {
  exitCode: 70,
  class: 'uncaught',
  fingerprint: 'f',
  version: '1',
  configHash: 'a',
} as const;

function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
  t.after(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** The history as a run finds it that begins now. */
function open(
  stateFolder: string,
  run = '1',
  ms = 0,
): { history: History; failures: HistoryFailure[] } {
  const failures: HistoryFailure[] = [];
  const stamp: Stamp = {
    at: new Date(ms).toISOString(),
    uptimeS: ms / 1_000,
    process: { pid: 1, startedAt: run, bootId: 'boot' },
  };
  const onFailure = (failure: HistoryFailure): void => {
    failures.push(failure);
  };
  return { history: new History({ stateFolder, stamp: () => stamp, onFailure }), failures };
}

function typesIn(folder: string): string[] {
  const lines = readFileSync(join(folder, 'history.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => parseHistoryRecord(line)?.type ?? 'none of ours');
}

async function startSleeper(t: TestContext): Promise<ChildProcess> {
  const child = spawn('sleep', ['60']);
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

suite('history', () => {
  test('is found again by the next run', (t) => {
    const folder = temporaryFolder(t);
    const first = open(folder, 'a');
    assert.equal(first.history.previousRun.how, 'none');
    first.history.add(begin);
    first.history.add({ type: 'ready' });
    assert.equal(first.history.addFatal(fatal).identical, 1);
    const second = open(folder, 'b');
    assert.deepEqual(
      [second.history.previousRun.how, second.history.previousRun.exitCode],
      ['fatal', 70],
    );
    second.history.add(begin);
    assert.equal(second.history.addFatal(fatal).identical, 2);
    assert.deepEqual(typesIn(folder), ['start', 'ready', 'fatal', 'start', 'fatal']);
    assert.deepEqual([...first.failures, ...second.failures], []);
    assert.deepEqual(readdirSync(folder), ['history.jsonl']);
  });

  test('keeps the last hundred records', (t) => {
    const folder = temporaryFolder(t);
    const { history } = open(folder);
    history.add(begin);
    for (let count = 0; count < 105; count++) history.addFatal(fatal);
    assert.deepEqual(typesIn(folder), Array(100).fill('fatal'));
  });

  test('keeps of a long run only the newest of what it repeats', (t) => {
    const folder = temporaryFolder(t);
    const { history } = open(folder);
    history.add(begin);
    for (let count = 0; count < 200; count++) {
      history.add({ type: 'workers', processes: [] });
      history.add({ type: 'healthy' });
    }
    assert.deepEqual(typesIn(folder), ['start', 'workers', 'healthy']);
  });

  test('finds the workers of a run that was killed, if they still run', async (t) => {
    const folder = temporaryFolder(t);
    const [hung, other] = [await startSleeper(t), await startSleeper(t)];
    const [hangs, ended] = [findProcess(hung.pid ?? 0), findProcess(other.pid ?? 0)];
    assert.ok(hangs && ended);
    const { history } = open(folder, 'a');
    history.add(begin);
    history.add({ type: 'workers', processes: [{ ...hangs, startedAt: 'earlier' }, ended, hangs] });
    assert.deepEqual(history.findOrphans(), []);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const next = open(folder, 'b');
    assert.equal(next.history.previousRun.how, 'without-report');
    assert.deepEqual(next.history.findOrphans(), [hangs]);
  });

  test('knows who writes it and when', () => {
    const stamp = stampOf(process.pid);
    assert.deepEqual(stamp.process, findProcess(process.pid));
    assert.ok(Math.abs(Date.parse(stamp.at) - Date.now()) < 60_000);
    assert.deepEqual(stampOf(4_194_304).process, {
      pid: 4_194_304,
      startedAt: null,
      bootId: null,
    });
  });
});

suite('a history that cannot be kept', () => {
  test('passes over lines that are none, says so once, and heals', (t) => {
    const folder = temporaryFolder(t);
    open(folder).history.add(begin);
    const path = join(folder, 'history.jsonl');
    const odd = [
      '{"type":"fatal"}',
      '{',
      'null',
      '\u0000',
      '{"type":"start","at":"never"}',
      '{"type":[]}',
    ];
    writeFileSync(path, `${odd.join('\n')}\n${readFileSync(path, 'utf8')}{"type":"sta`);
    const { history, failures } = open(folder, 'b');
    assert.deepEqual(failures, [{ path, doing: 'read', code: 'corrupt' }]);
    assert.equal(history.previousRun.how, 'without-report');
    history.add(begin);
    assert.deepEqual(typesIn(folder), ['start', 'start']);
    assert.deepEqual(open(folder, 'c').failures, []);
  });

  test('on a full disk, stays as it was', (t) => {
    const folder = temporaryFolder(t);
    open(folder, 'a').history.add(begin);
    symlinkSync('/dev/full', join(folder, 'history.jsonl.new'));
    const { history, failures } = open(folder, 'b');
    for (let count = 1; count <= 3; count++) assert.equal(history.addFatal(fatal).identical, count);
    assert.deepEqual(
      failures.map(({ doing, code }) => `${doing} ${code}`),
      ['write ENOSPC'],
    );
    assert.deepEqual(typesIn(folder), ['start']);
  });

  test('because a folder, a huge file, or a file in the way is there, warns once', (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'history.jsonl');
    mkdirSync(path);
    const blocked = open(folder);
    blocked.history.add(begin);
    assert.deepEqual(blocked.failures, [{ path, doing: 'read', code: 'corrupt' }]);
    rmSync(path, { recursive: true });
    writeFileSync(path, ' '.repeat(5_000_000));
    assert.equal(open(folder).failures.length, 1);
    const below = open(path);
    below.history.add(begin);
    assert.deepEqual(
      below.failures.map(({ code }) => code),
      ['ENOTDIR'],
    );
  });
});

/** Docker's `unless-stopped`: 100 ms, doubled up to a minute, and 100 ms again after a run of 10 s. */
function countRestartsInAnHour(t: TestContext, fatalAfterMs: number): number {
  const folder = temporaryFolder(t);
  let [now, delayMs, restarts] = [0, 0, -1];
  while (now < HOUR_MS) {
    restarts++;
    const startedAt = now;
    open(folder, String(startedAt), now).history.add(begin);
    now += fatalAfterMs;
    const { identical } = open(folder, String(startedAt), now).history.addFatal(fatal);
    now += holdMs(identical, 'docker', false, LIMITS);
    delayMs = now - startedAt >= 10_000 || delayMs === 0 ? 100 : Math.min(delayMs * 2, 60_000);
    now += delayMs;
  }
  return restarts;
}

test('under Docker a fatal cause is tried at most twenty times an hour, be it quick or slow', (t) => {
  for (const fatalAfterMs of [300, 17_000]) {
    const restarts = countRestartsInAnHour(t, fatalAfterMs);
    assert.ok(restarts <= 20, `${restarts} restarts`);
    // So that it is noticed soon when the cause is gone.
    assert.ok(restarts >= 12, `${restarts} restarts`);
  }
});

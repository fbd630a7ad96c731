import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite, type TestContext, test } from 'node:test';

import { buildFatalReport } from '../../../src/supervisor/fatal/build-fatal-report.ts';
import type { FatalReport } from '../../../src/supervisor/fatal/fatal-report.ts';
import { renderBlock, renderLine } from '../../../src/supervisor/fatal/render-fatal-report.ts';
import {
  type FatalPlaces,
  readFatalReport,
  terminationLogOf,
} from '../../../src/supervisor/fatal/write-fatal-report.ts';
import { whole } from './fatal-facts.ts';

const MODULE = new URL('../../../src/supervisor/fatal/write-fatal-report.ts', import.meta.url).href;
const report = buildFatalReport(whole, (said) => said);

function temporaryFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-fatal-'));
  t.after(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** A process that writes the report and exits with 78, unless something is thrown. */
function start(said: FatalReport, places: FatalPlaces, stderr: 'pipe' | number = 'pipe') {
  // Touching process.stderr makes a pipe one that does not block, as a logger does.
  const script = `
    import { writeFatalReport } from ${JSON.stringify(MODULE)};
    process.stderr.on('error', () => undefined);
    process.once('message', ({ report, places }) => {
      writeFatalReport(report, places);
      process.exit(78);
    });
    process.send('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
    timeout: 20_000,
  });
  child.once('message', () => child.send({ report: said, places }));
  return child;
}

async function write(said: FatalReport, places: FatalPlaces): Promise<string> {
  const child = start(said, places);
  assert.ok(child.stderr);
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 78, stderr);
  return stderr;
}

function placesIn(folder: string, create = true): FatalPlaces {
  return { stateFolder: folder, terminationLog: { path: join(folder, 'termination'), create } };
}

suite('a fatal report is written', () => {
  test('to stderr, to the termination file, and to the state folder', async (t) => {
    const folder = temporaryFolder(t);
    assert.equal(await write(report, placesIn(folder)), renderLine(report) + renderBlock(report));
    assert.match(readFileSync(join(folder, 'termination'), 'utf8'), /^FATAL \[dep_auth\]/);
    assert.deepEqual(readFatalReport(folder), report);
    assert.deepEqual(readdirSync(folder).toSorted(), ['fatal.json', 'termination']);
  });

  test('to a termination file that is there, and none is made that was not asked for', async (t) => {
    const folder = temporaryFolder(t);
    const places = placesIn(folder, false);
    assert.doesNotMatch(await write(report, places), /not written/);
    assert.equal(existsSync(places.terminationLog.path), false);
    writeFileSync(places.terminationLog.path, 'x'.repeat(9_000));
    await write(report, places);
    const short = readFileSync(places.terminationLog.path);
    assert.ok(short.length <= 4_000);
    assert.match(short.toString(), /^FATAL .*\n/);
  });

  test('and what could not be written is named', async (t) => {
    const folder = temporaryFolder(t);
    const places = placesIn(folder);
    mkdirSync(places.terminationLog.path);
    symlinkSync('/dev/full', join(folder, 'fatal.json.new'));
    const stderr = await write(report, places);
    assert.ok(stderr.includes(`not written to ${join(folder, 'fatal.json')} (ENOSPC)`), stderr);
    assert.ok(stderr.includes(`not written to ${places.terminationLog.path} (EISDIR)`), stderr);
    assert.equal(readFatalReport(folder), undefined);
  });

  test('without a state folder, or below a file', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { terminationLog } = placesIn(folder, false);
    assert.doesNotMatch(await write(report, { stateFolder: undefined, terminationLog }), /written/);
    const stderr = await write(report, { stateFolder: file, terminationLog });
    assert.match(stderr, /not written to .*fatal\.json \(ENOTDIR\)/);
  });

  test('whole, to a reader who is late', async (t) => {
    const folder = temporaryFolder(t);
    const lines = Array.from({ length: 50 }, () => '錨'.repeat(1_000));
    const large = {
      ...report,
      evidence: { ...report.evidence, workerStack: lines, stderrTail: lines },
    };
    const places = placesIn(folder);
    const child = start(large, places);
    const exited = once(child, 'exit');
    await t.waitFor(() => assert.ok(existsSync(places.terminationLog.path)), { timeout: 10_000 });
    assert.ok(child.stderr);
    const stderr = await text(child.stderr);
    assert.equal(stderr, renderLine(large) + renderBlock(large));
    assert.equal((await exited)[0], 78);
  });

  test('and a reader who is gone, or never reads, or a full disk, does not keep us', async (t) => {
    const folder = temporaryFolder(t);
    const lines = Array.from({ length: 50 }, () => '錨'.repeat(1_000));
    const large = {
      ...report,
      evidence: { ...report.evidence, workerStack: lines, stderrTail: lines },
    };
    const gone = start(report, placesIn(folder));
    gone.stderr?.destroy();
    const deaf = start(large, placesIn(folder));
    const full = openSync('/dev/full', 'w');
    const blocked = start(report, placesIn(folder), full);
    closeSync(full);
    const ends = await Promise.all([gone, deaf, blocked].map((child) => once(child, 'exit')));
    assert.deepEqual(
      ends.map(([code]) => code),
      [78, 78, 78],
    );
  });
});

suite('a saved report', () => {
  test('is not read if it is none, or cannot be', (t) => {
    const folder = temporaryFolder(t);
    const path = join(folder, 'fatal.json');
    for (const content of ['{', '{}', JSON.stringify({ ...report, cause: 1 }), ' '.repeat(2e6)]) {
      writeFileSync(path, content);
      assert.equal(readFatalReport(folder), undefined);
    }
    rmSync(path);
    mkdirSync(path);
    assert.equal(readFatalReport(folder), undefined);
    assert.equal(readFatalReport(join(path, 'nowhere')), undefined);
  });
});

test('the termination file is the configured one, else that of Kubernetes if it is there', () => {
  assert.deepEqual(terminationLogOf('/x/y'), { path: '/x/y', create: true });
  assert.deepEqual(terminationLogOf(undefined), { path: '/dev/termination-log', create: false });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { CRASH_CLASSES } from '../../../src/shared/crash-class.ts';
import { Failure } from '../../../src/shared/errors.ts';
import { ExitCode } from '../../../src/shared/exit-codes.ts';
import { redactorOf } from '../../../src/shared/redact.ts';
import { VARIABLES } from '../../../src/shared/variables.ts';
import { describeCrash } from '../../../src/supervisor/crash.ts';
import { crashOfThrown } from '../../../src/supervisor/crash-of-thrown.ts';
import { buildFatalReport } from '../../../src/supervisor/fatal/build-fatal-report.ts';
import { isFatalReport } from '../../../src/supervisor/fatal/fatal-report.ts';
import {
  renderBlock,
  renderLine,
  renderTermination,
} from '../../../src/supervisor/fatal/render-fatal-report.ts';
import { whatFollows } from '../../../src/supervisor/outer/outer-policy.ts';
import { OUTER_KINDS } from '../../../src/supervisor/outer/surroundings.ts';
import { REMEDIES } from '../../../src/supervisor/remedies.ts';
import { attempts, crash, early, whole } from './fatal-facts.ts';

const same = (text: string): string => text;
const FIRST_LINE =
  'FATAL [dep_auth] exit 78 CONFIG: postgres 28P01: password authentication failed for user "app"';

/** Whether a text holds half a character, or what stands for one. */
function isOdd(part: string): boolean {
  return part.includes('\uFFFD') || !part.isWellFormed();
}

suite('fatal report', () => {
  test('says all that is known, in seconds and RFC 3339', () => {
    const report = buildFatalReport(whole, same);
    assert.ok(isFatalReport(report));
    assert.equal(report.at, '2026-11-22T11:30:00.000Z');
    assert.equal(report.evidence.uptimeSeconds, 0.64);
    assert.equal(report.dependencies[0]?.latencySeconds, 0.004);
    assert.equal(report.loop?.holdSeconds, 20);
    assert.equal(report.supervisor?.crashScore, 1.23);
    assert.deepEqual([report.attempts.total, report.attempts.identical], [5, 5]);
  });

  test('says null where nothing is known, and leaves nothing out', () => {
    const report = buildFatalReport(early, same);
    assert.ok(isFatalReport(JSON.parse(JSON.stringify(report))));
    assert.deepEqual(
      Object.keys(report).toSorted(),
      Object.keys(buildFatalReport(whole, same)).toSorted(),
    );
    assert.equal(report.supervisor, null);
    assert.equal(report.loop, null);
    assert.equal(report.evidence.portHolder, null);
  });

  test('keeps the newest twenty attempts, and counts all', () => {
    const { total, last } = buildFatalReport({ ...early, attempts: attempts(25) }, same).attempts;
    assert.deepEqual([total, last.length, last.at(-1)?.delaySeconds], [25, 20, 12]);
  });

  test('is redacted by value before anything is cut, also over several lines', () => {
    const key = '-----BEGIN KEY-----\nabcdef\n-----END KEY-----';
    const redact = redactorOf({ DB_PASSWORD: 'hunter22', TLS_KEY: key, API_TOKEN: 'docker' });
    const cause = `${'x'.repeat(796)}hunter22`;
    const { evidence } = whole;
    assert.ok(evidence?.lastExit);
    const stderrTail = ['before', ...key.split('\n'), 'hunter22 after'];
    const report = buildFatalReport(
      {
        ...whole,
        crash: { ...crash, cause },
        evidence: { ...evidence, lastExit: { ...evidence.lastExit, stderrTail } },
      },
      redact,
    );
    const written = renderLine(report) + renderBlock(report) + renderTermination(report);
    for (const secret of ['hunt', 'abcdef']) assert.ok(!written.includes(secret), secret);
    assert.deepEqual(report.evidence.stderrTail, ['before', '[redacted]', '[redacted] after']);
    assert.equal(report.next.outer, 'docker');
    assert.ok(isFatalReport(report));
  });

  test('takes the remedy of its class if nobody knew better', () => {
    const { remedy } = buildFatalReport({ ...early, crash: { ...crash, remedy: '' } }, same);
    assert.equal(remedy, REMEDIES.dep_auth);
  });
});

suite('fatal report, rendered', () => {
  test('as one line of JSON', () => {
    const line = renderLine(buildFatalReport(whole, same));
    assert.equal(line.indexOf('\n'), line.length - 1);
    const { level, message, timestamp, exitName } = JSON.parse(line);
    assert.deepEqual(
      { level, message, timestamp, exitName },
      {
        level: 'fatal',
        message: 'fatal exit',
        timestamp: '2026-11-22T11:30:00.000Z',
        exitName: 'CONFIG',
      },
    );
  });

  test('as a block for people that says everything', () => {
    const block = renderBlock(buildFatalReport(whole, same), ['not written to /x (ENOSPC)']);
    const [first, second] = block.split('\n');
    assert.equal(first, FIRST_LINE);
    assert.equal(second, `  Do        ${crash.remedy}`);
    for (const said of [
      '5 attempts, 5 identical',
      'worker in slot 0 ended with code 78 before it was ready, 640 ms old',
      'process state R',
      'resident 91 MiB, limit of the heap 512 MiB, limit of the container 1024 MiB',
      'held by nginx (process 812)',
      'a call of sell (ffff0000)',
      '  | poisonHandler (app.js:10:3)',
      '  | error: password authentication failed',
      'postgres (required) is down since',
      'at db.internal:5432, answers in 4 ms; last error: 28P01 password refused',
      '0 of 4 workers ready, none for 3.0 s; none ever was',
      '5 of 5 failed boots, crash score 1.23 of 12',
      'this is fatal exit 4 in 15 min, 4 identical; holding 20 s',
      'Docker restarts the container if its policy says so',
      'holdfast 0.1.0, node v26.10.0, configuration c0ffee, host box',
      'Note      not written to /x (ENOSPC)',
    ]) {
      assert.ok(block.includes(said), `${said}\n${block}`);
    }
  });

  test('before there was a supervisor, it says so and what to do', () => {
    const thrown = new Failure('invalid', 'The configuration is wrong. MCP_PORT: is no port.');
    const report = buildFatalReport({ ...early, crash: crashOfThrown(thrown) }, same);
    const block = renderBlock(report);
    assert.match(
      block,
      /^FATAL \[config\] exit 78 CONFIG: The configuration is wrong\. MCP_PORT: is no port\.\n {2}Do {8}Correct the setting/,
    );
    assert.match(block, /no worker was started/);
    assert.doesNotMatch(block, /Attempts|Loop|null|undefined/);
  });

  test('without what a terminal would obey, whatever a worker printed', () => {
    const cause = '\u001B[31mred\u001B[0m\n\rFATAL [forged]\u0007 \u202Eright to left';
    const report = buildFatalReport({ ...early, crash: { ...crash, cause } }, same);
    assert.match(
      renderBlock(report),
      /^FATAL \[dep_auth\] exit 78 CONFIG: red FATAL \[forged\] +right/,
    );
    for (const text of [renderBlock(report), renderTermination(report)]) {
      assert.doesNotMatch(text, /(?!\n)[\p{Cc}\u202E]/u);
    }
  });
});

suite('termination text', () => {
  test('begins with what matters most', () => {
    const lines = renderTermination(buildFatalReport(whole, same)).split('\n');
    assert.deepEqual(lines.slice(0, 4), [
      FIRST_LINE,
      crash.remedy,
      '5 attempts, 5 identical',
      'this is fatal exit 4 in 15 min, 4 identical; holding 20 s',
    ]);
    assert.ok(lines.includes('    at Parser.parse (parser.js:1:1)'));
  });

  test('keeps the last lines of stderr that fit', () => {
    const { evidence } = whole;
    assert.ok(evidence?.lastExit);
    const stderrTail = Array.from({ length: 50 }, (_, index) => `line ${index} ${'y'.repeat(200)}`);
    const lastExit = { ...evidence.lastExit, stderrTail };
    const text = renderTermination(
      buildFatalReport({ ...whole, evidence: { ...evidence, lastExit } }, same),
    );
    assert.ok(Buffer.byteLength(text) <= 4_000);
    assert.ok(Buffer.byteLength(text) > 3_700);
    assert.ok(text.includes('line 49 '));
    assert.ok(!text.includes('line 0 '));
  });

  test('is at most 4000 bytes of UTF-8, whatever it is made of', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 3_000, size: 'max' }),
        fc.array(fc.string({ unit: 'grapheme', maxLength: 300, size: 'max' }), { maxLength: 60 }),
        (cause, frames) => {
          const { evidence } = whole;
          assert.ok(evidence?.lastExit);
          const lastExit = { ...evidence.lastExit, stack: frames, stderrTail: frames };
          const report = buildFatalReport(
            { ...whole, crash: { ...crash, cause }, evidence: { ...evidence, lastExit } },
            same,
          );
          const text = renderTermination(report);
          assert.ok(Buffer.byteLength(text) <= 4_000);
          if (![cause, ...frames].some(isOdd)) assert.ok(!text.includes('\uFFFD'));
          assert.ok(text.startsWith('FATAL [dep_auth] exit 78 CONFIG: '));
          assert.ok(text.includes(crash.remedy));
        },
      ),
      { numRuns: 60 },
    );
  });
});

suite('remedies', () => {
  test('name settings that exist, for every class', () => {
    for (const crashClass of CRASH_CLASSES) {
      const remedy = REMEDIES[crashClass];
      assert.match(remedy, /^[A-Z].*\.$/);
      for (const [name] of remedy.matchAll(/\bMCP_\w+|\b\w+_URL\b/g)) {
        assert.ok(Object.hasOwn(VARIABLES, name), name);
      }
    }
  });
});

suite('what follows', () => {
  test('is said for every outer supervisor and every exit code', () => {
    for (const outer of OUTER_KINDS) {
      for (const exitCode of Object.values(ExitCode)) {
        assert.match(whatFollows(outer, exitCode), /^\w.*\.$/);
      }
    }
    assert.match(whatFollows('systemd', 78), /will not restart/);
    assert.match(whatFollows('systemd', 70), /systemd restarts/);
    assert.match(whatFollows('pm2', 64), /stopped/);
    assert.match(whatFollows('kubernetes', 69), /CrashLoopBackOff/);
    assert.match(whatFollows('docker', 78), /No restart helps/);
  });
});

suite('crash of what was thrown', () => {
  test('keeps the remedy of a failure, and calls what nobody foresaw a bug of ours', () => {
    const taken = new Failure('unavailable', 'Port 3000 is taken.', {
      crashClass: 'port_in_use',
      remedy: 'Set MCP_PORT.',
    });
    assert.deepEqual(crashOfThrown(taken), {
      class: 'port_in_use',
      cause: 'Port 3000 is taken.',
      remedy: 'Set MCP_PORT.',
      fingerprint: describeCrash('port_in_use', 'Port 4711 is taken.').fingerprint,
    });
    assert.equal(crashOfThrown(new TypeError('x is not a function')).class, 'supervisor_bug');
    assert.equal(crashOfThrown('text').class, 'supervisor_bug');
    const full = Object.assign(new Error('fork failed'), { code: 'EAGAIN' });
    assert.deepEqual(
      [crashOfThrown(full).class, crashOfThrown(full).cause],
      ['resource', 'Error: fork failed (EAGAIN)'],
    );
  });
});

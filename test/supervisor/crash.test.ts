import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';

import { CRASH_CLASSES, type CrashClass } from '../../src/shared/crash-class.ts';
import { classify, describeCrash, type Evidence, isPermanent } from '../../src/supervisor/crash.ts';
import { REMEDIES } from '../../src/supervisor/remedies.ts';
import { away } from '../worker/dependency-reports.ts';
import { lastWordsOf, silentDeath } from './evidence.ts';

/** A case: its name, what is known, and what follows. */
type Case = readonly [string, Partial<Evidence>, CrashClass, RegExp];

/** A test for each case. */
function testAll(cases: readonly Case[]): void {
  for (const [what, known, crashClass, cause] of cases) {
    test(`${what} is ${crashClass}`, () => {
      const crash = classify({ ...silentDeath, ...known });
      assert.equal(crash.class, crashClass);
      assert.match(crash.cause, cause);
      assert.match(crash.remedy, /^[A-Z].*\.$/);
    });
  }
}

const HEAP = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';
const NO_MODULE =
  "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'left-pad' imported from /a.js";

suite('what we did to it', () => {
  const hang = { inflicted: 'hang', code: null, signal: 'SIGKILL', silentMs: 15_200 } as const;
  testAll([
    [
      'a fork that failed',
      { forkError: 'EAGAIN', code: null },
      'resource',
      /^no process could be made \(EAGAIN\)$/,
    ],
    [
      'a loop, with state and stack',
      { ...hang, processState: 'R', hangStack: ['grind (tool.js:3:1)', 'call (x.js:1:1)'] },
      'hang',
      /^its event loop was blocked for 15 s \(state R: it computes\), at grind \(tool\.js:3:1\)$/,
    ],
    ['a stopped process', { ...hang, processState: 'T' }, 'hang', /\(state T: it was stopped\)$/],
    ['a synchronous call', { ...hang, processState: 'S' }, 'hang', /\(state S: it waits in a s/],
    ['a disk that is slow', { ...hang, processState: 'D' }, 'hang', /\(state D: it waits for a d/],
    ['a state nobody knows', { ...hang, processState: 'X' }, 'hang', /for 15 s \(state X\)$/],
    ['a hang of which nothing is known', hang, 'hang', /^its event loop was blocked for 15 s$/],
    [
      'a channel that closed',
      { inflicted: 'lost-channel', signal: 'SIGKILL', code: null },
      'hang',
      /^its channel to the supervisor closed, and it lived on$/,
    ],
    [
      'a boot that took too long',
      { inflicted: 'boot-deadline', phase: 'setup', uptimeMs: 30_400, signal: 'SIGKILL' },
      'ready_timeout',
      /^it was not ready after 30 s, in the phase "setup"$/,
    ],
    [
      'a dependency that stayed away',
      {
        inflicted: 'dependency-deadline',
        away: [away('postgres', 'ECONNREFUSED', 'connection refused'), away('redis')],
      },
      'dep_unreachable',
      /^postgres: connection refused \(ECONNREFUSED\) at h:1; redis: no answer at h:1$/,
    ],
    [
      'a dependency that nobody named',
      { inflicted: 'dependency-deadline' },
      'dep_unreachable',
      /^a dependency did not answer$/,
    ],
  ]);

  test('comes before everything else', () => {
    const lastWords = lastWordsOf('config', 'MCP_PORT: is no port');
    const known = { lastWords, stderr: [HEAP, NO_MODULE], oomKills: 1 };
    for (const inflicted of ['hang', 'lost-channel', 'boot-deadline'] as const) {
      const { class: found } = classify({ ...silentDeath, ...known, inflicted });
      assert.equal(found, inflicted === 'boot-deadline' ? 'ready_timeout' : 'hang');
    }
    // Of one that was told to drain, and ended in another way, the rest decides.
    assert.equal(classify({ ...silentDeath, ...known, inflicted: 'drain' }).class, 'config');
  });
});

suite('its last words', () => {
  test('are believed, with cause and remedy, whatever their class', () => {
    for (const crashClass of CRASH_CLASSES) {
      const lastWords = lastWordsOf(crashClass, 'it is wrong', 'Set MCP_PORT.');
      const crash = classify({ ...silentDeath, lastWords });
      assert.deepEqual(crash, describeCrash(crashClass, 'it is wrong', 'Set MCP_PORT.'));
    }
  });

  test('come before what it printed, but for words that say only that nobody caught it', () => {
    const stderr = ['node:internal/modules', NO_MODULE, '    at resolve (x.js:1:1)'];
    const said = lastWordsOf('dep_auth', 'refused');
    assert.equal(classify({ ...silentDeath, stderr, lastWords: said }).class, 'dep_auth');
    const generic = lastWordsOf('uncaught', 'Error: it failed');
    const crash = classify({ ...silentDeath, stderr, lastWords: generic });
    assert.deepEqual([crash.class, crash.cause], ['missing_module', NO_MODULE]);
  });

  test('that say only that nobody caught it may themselves name the module', () => {
    const message = "Error: Cannot find module '/tools/a.js'";
    const crash = classify({ ...silentDeath, lastWords: lastWordsOf('uncaught', message) });
    assert.deepEqual([crash.class, crash.cause], ['missing_module', message]);
  });

  test('that say only that nobody caught it still count where nothing says more', () => {
    const lastWords = lastWordsOf('uncaught', 'TypeError: x is not a function');
    const crash = classify({ ...silentDeath, lastWords, stderr: ['chatter'] });
    assert.deepEqual([crash.class, crash.cause], ['uncaught', lastWords.message]);
  });

  test('have the remedy of their class where they bring none', () => {
    const crash = classify({ ...silentDeath, lastWords: lastWordsOf('dep_auth', 'refused') });
    assert.equal(crash.remedy, REMEDIES.dep_auth);
  });
});

suite('what it printed', () => {
  const aborted = { code: null, signal: 'SIGABRT' } as const;
  testAll([
    ['a full heap', { stderr: [HEAP, '----- trace -----'], ...aborted }, 'oom_heap', /heap limit/],
    [
      'a heap that no collection frees',
      { stderr: ['FATAL ERROR: Ineffective mark-compacts near heap limit'], ...aborted },
      'oom_heap',
      /Ineffective/,
    ],
    ['a full heap while it served', { stderr: [HEAP], ...aborted, served: true }, 'oom_heap', /./],
    [
      'threads that cannot be made',
      { stderr: ['node[1]: pthread_create: Resource temporarily unavailable'], ...aborted },
      'resource',
      /pthread_create/,
    ],
    [
      'workers of libuv that cannot be made, while it served',
      { stderr: ['Assertion failed: uv_thread_create() == 0'], ...aborted, served: true },
      'resource',
      /uv_thread_create/,
    ],
    ['a package that is not there', { stderr: [NO_MODULE], code: 1 }, 'missing_module', /left-pad/],
    [
      'an addon for another machine',
      { stderr: ["  code: 'ERR_DLOPEN_FAILED'"], code: 1 },
      'missing_module',
      /^code: 'ERR_DLOPEN_FAILED'$/,
    ],
    [
      'a port that is taken',
      { stderr: ['Error: listen EADDRINUSE: address already in use :::3000'], code: 1 },
      'port_in_use',
      /:::3000/,
    ],
    [
      'a file that is no JavaScript',
      { stderr: ['/a.js:1', "SyntaxError: Unexpected token '}'"], code: 1 },
      'config',
      /^SyntaxError: Unexpected token/,
    ],
  ]);

  test('while it served is anybody’s text: only what ends a runtime counts', () => {
    for (const line of [NO_MODULE, 'Error: listen EADDRINUSE', 'SyntaxError: in a query']) {
      const crash = classify({ ...silentDeath, stderr: [line], served: true, code: 1 });
      assert.equal(crash.class, 'uncaught', line);
    }
    // And that only if a signal ended it, as it does then.
    assert.equal(classify({ ...silentDeath, stderr: [HEAP], served: true }).class, 'uncaught');
  });

  test('does not make a failure of an exit with 0', () => {
    assert.equal(classify({ ...silentDeath, stderr: [NO_MODULE], code: 0 }).class, 'clean_exit');
  });
});

suite('its exit', () => {
  testAll([
    ['0 at boot', { code: 0 }, 'clean_exit', /^it exited unasked with 0 before it was ready$/],
    ['0 at run time', { code: 0, served: true }, 'clean_exit', /with 0 while it served$/],
    ['64', { code: 64 }, 'config', /^it exited with 64 before it was ready$/],
    ['69', { code: 69 }, 'dep_unreachable', /^it exited with 69/],
    ['70', { code: 70, served: true }, 'uncaught', /^it exited with 70 while it served$/],
    ['75', { code: 75 }, 'resource', /^it exited with 75/],
    ['78', { code: 78 }, 'config', /^it exited with 78/],
    ['1', { code: 1 }, 'uncaught', /^it exited with 1/],
    ['neither code nor signal', { code: null }, 'uncaught', /^it exited with nothing/],
    [
      '1 with an error on stderr',
      { code: 1, stderr: ['x.js:1', 'TypeError: y is undefined', '    at z (x.js:1:1)'] },
      'uncaught',
      /^it exited with 1 before it was ready: TypeError: y is undefined$/,
    ],
  ]);
});

suite('its signal', () => {
  const killed = { code: null, signal: 'SIGKILL' } as const;
  testAll([
    ['SIGKILL', killed, 'killed', /^it was ended by SIGKILL$/],
    [
      'SIGKILL while the kernel killed for memory',
      { ...killed, oomKills: 1, served: true },
      'oom_cgroup',
      /^the kernel killed it: the memory limit was reached$/,
    ],
    ['SIGSEGV', { code: null, signal: 'SIGSEGV', oomKills: 1 }, 'killed', /by SIGSEGV$/],
    ['SIGABRT without a word', { code: null, signal: 'SIGABRT' }, 'killed', /by SIGABRT$/],
  ]);
});

suite('a crash', () => {
  test('is known again by class and cause, whatever the numbers in it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (first, second) => {
        const [one, other] = [first, second].map(
          (port) => describeCrash('port_in_use', `port ${port} is taken`).fingerprint,
        );
        assert.equal(one, other);
      }),
    );
    const { fingerprint } = describeCrash('hang', 'blocked for 15 s');
    assert.match(fingerprint, /^[0-9a-f]{12}$/);
    assert.notEqual(describeCrash('hang', 'blocked for 15 min').fingerprint, fingerprint);
    assert.notEqual(describeCrash('killed', 'blocked for 15 s').fingerprint, fingerprint);
  });

  test('is one that no restart mends in these classes alone', () => {
    assert.deepEqual(CRASH_CLASSES.filter(isPermanent), [
      'usage',
      'config',
      'missing_module',
      'dep_auth',
    ]);
  });
});

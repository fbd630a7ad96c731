/** Mounted programs that end, or cannot be talked to in the first place. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { isAlive, isFailure, mountHostile, placeIn, works } from './mounted-hostile.ts';

const WITHIN = { timeout: 20_000 };
const TOKEN = 'canary-5e1f7c0ffee';

suite('a mounted program that ends', () => {
  test('in the middle of a call fails that call, is told of with its last words, and is started again', async (t) => {
    const env = { API_TOKEN: TOKEN };
    const mounted = await mountHostile(t, 'dies-with-last-words', { terms: { env } });
    await assert.rejects(mounted.call('it_does'), (error) => {
      assert.ok(error instanceof Failure);
      assert.deepEqual(
        [error.code, error.message, error.retryAfterMs],
        ['unavailable', 'The server "it" is away', 1_000],
      );
      return true;
    });
    await t.waitFor(() => works(mounted), WITHIN);
    const line = mounted.lines.find(({ message }) => message === 'mounted server is away');
    const { exitCode, signal, stderr } = Object(line?.fields);
    assert.deepEqual([exitCode, signal], [7, null]);
    assert.deepEqual(stderr, ['first line', 'the token was [redacted]']);
  });

  test('before it has shaken hands is a warning, and its tools come when it does', async (t) => {
    const file = placeIn(t);
    const mounted = await mountHostile(t, 'dies-until-told', { args: [file] });
    assert.deepEqual(mounted.names(), []);
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /"it" is away/);
    let changes = 0;
    using _heeding = mounted.live.onChange(() => {
      changes += 1;
    });
    writeFileSync(file, '');
    await t.waitFor(() => {
      assert.deepEqual(mounted.names(), ['it_works', 'it_does']);
    }, WITHIN);
    assert.equal(changes, 1);
    await t.waitFor(() => works(mounted), WITHIN);
  });

  test('again and again is left alone, and somebody is told to act', async (t) => {
    const file = placeIn(t);
    const patience = { failuresMax: 3, backoffMs: 1, backoffMaxMs: 1 };
    const mounted = await mountHostile(t, 'counts-its-starts', { args: [file], patience });
    await t.waitFor(() => {
      assert.ok(mounted.said().includes('mounted server keeps failing'));
    }, WITHIN);
    assert.equal(readFileSync(file, 'utf8'), '...');
    const line = mounted.lines.find(({ level }) => level === 'error');
    assert.equal(Object(line?.fields).exitCode, 6);
  });

  test('has its tools listed for a while, and its calls told when to come again', async (t) => {
    const patience = { backoffMs: 60_000, backoffMaxMs: 60_000, graceMs: 200 };
    const mounted = await mountHostile(t, 'dies-with-last-words', { patience });
    await assert.rejects(mounted.call('it_does'), isFailure('unavailable'));
    assert.equal(mounted.names().length, 2);
    await assert.rejects(mounted.call('it_works'), isFailure('unavailable'));
    await t.waitFor(() => {
      assert.equal(mounted.names().length, 0);
    }, WITHIN);
  });

  test('takes what it started with it', async (t) => {
    const file = placeIn(t);
    const mounted = await mountHostile(t, 'has-children', { args: [file] });
    const pid = Number(readFileSync(file, 'utf8'));
    assert.ok(isAlive(pid));
    await mounted[Symbol.asyncDispose]();
    await t.waitFor(() => {
      assert.ok(!isAlive(pid));
    }, WITHIN);
  });
});

suite('a mounted program that cannot be talked to', () => {
  test('since it says nothing is given up in time', async (t) => {
    const patience = { answerMs: 700, backoffMs: 60_000, backoffMaxMs: 60_000 };
    const mounted = await mountHostile(t, 'never-shakes-hands', { patience });
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /does not answer in time/);
  });

  test('since it speaks no revision of ours is told of so', async (t) => {
    const mounted = await mountHostile(t, 'is-of-another-world');
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /with the error -32601/);
  });

  test('in any but the first revision is talked to in that', async (t) => {
    const mounted = await mountHostile(t, 'is-old');
    assert.deepEqual(mounted.loaded.warnings, []);
    await works(mounted);
  });

  test('with a handshake is talked to without one', async (t) => {
    const mounted = await mountHostile(t, 'is-modern');
    assert.deepEqual(mounted.loaded.warnings, []);
    await works(mounted);
  });

  test('since it dies at once is told of with how it ended', async (t) => {
    const mounted = await mountHostile(t, 'dies-at-once');
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /it ended/);
    const line = mounted.lines.find(({ message }) => message === 'mounted server is away');
    assert.deepEqual(Object(line?.fields).stderr, ['there is no configuration']);
  });

  test('and will not end either is killed', async (t) => {
    const mounted = await mountHostile(t, 'will-not-end');
    await works(mounted);
    await mounted[Symbol.asyncDispose]();
    await assert.rejects(mounted.call('it_works'), isFailure('unavailable'));
  });
});

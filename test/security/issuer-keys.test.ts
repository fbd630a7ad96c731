/** Where the keys that tokens are checked with come from, and what wrong tokens cost there, over real HTTP. */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';

import { heapBytes } from '../fuzz/heap.ts';
import { AuthorizationServer, type Behaviour } from '../support/authorization-server.ts';
import {
  AUDIENCE,
  type CheckedTokens,
  COOLDOWN_MS,
  checkTokensOf,
} from '../worker/auth/tokens-checked.ts';

let ours: AuthorizationServer;
/** One that is not trusted. */
let evil: AuthorizationServer;
let tokens: CheckedTokens;

before(async () => {
  [ours, evil] = await Promise.all([
    AuthorizationServer.open({ audience: AUDIENCE }),
    AuthorizationServer.open({ audience: AUDIENCE }),
  ]);
});
after(async () => {
  await Promise.all([ours[Symbol.asyncDispose](), evil[Symbol.asyncDispose]()]);
});
beforeEach(() => {
  ours.behaviour = 'well';
  tokens = checkTokensOf([ours]);
});
afterEach(() => {
  tokens[Symbol.dispose]();
});

const nowS = (): number => Math.floor(Date.now() / 1_000);

suite('keys of an issuer', () => {
  for (const behaviour of [
    'down',
    'failing',
    'huge',
    'mixed-up',
    'redirecting',
    'careless',
    'talkative',
  ] satisfies Behaviour[]) {
    test(`that is ${behaviour} are used on if they are known, and else it is unavailable (S31)`, async () => {
      using strangers = checkTokensOf([ours]);
      await tokens.admit(ours.issue());
      ours.behaviour = behaviour;
      // Half an hour later: what is known is not trusted without a try.
      tokens.clock.ms += 1_800_000;
      await tokens.admit(ours.issue({ exp: nowS() + 3_600 }));

      const failure = await strangers.refuse(ours.issue());
      assert.equal(failure.code, 'unavailable');
      assert.ok(failure.retryAfterMs !== undefined && failure.retryAfterMs > 0);
      assert.ok(!ours.fetches.includes('/keys-elsewhere'));
      assert.deepEqual(
        [tokens, strangers].map(({ lines }) => lines.map(({ level, message }) => [level, message])),
        Array.from({ length: 2 }, () => [['warn', 'keys of an issuer could not be fetched']]),
      );

      ours.behaviour = 'well';
      strangers.clock.ms += failure.retryAfterMs;
      await strangers.admit(ours.issue());
    });
  }

  test('that come a byte at a time are waited for no longer than five seconds (S31)', async () => {
    ours.behaviour = 'slow';
    const began = performance.now();
    const outcomes = await Promise.all([tokens.refuse(ours.issue()), tokens.refuse(ours.issue())]);
    const tookMs = performance.now() - began;
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      ['unavailable', 'unavailable'],
    );
    assert.ok(tookMs > 4_900 && tookMs < 8_000, `${tookMs} ms`);
  });

  test('are fetched again once they were rotated, and those withdrawn are not taken (S31)', async () => {
    await tokens.admit(ours.issue());
    const withdrawn = ours.issue({ exp: nowS() + 3_600 });
    await ours.rotate();
    tokens.clock.ms += COOLDOWN_MS;
    await tokens.admit(ours.issue());
    assert.equal((await tokens.refuse(withdrawn)).code, 'unauthorized');
  });

  test('are fetched once in a cooldown, however many tokens name ones that are not known (S31)', async () => {
    await tokens.admit(ours.issue());
    const fetched = ours.keyFetches;
    const guess = (): string => ours.issue({}, { header: { kid: randomUUID() } });
    for (const expected of [0, 1, 2]) {
      const guesses = Array.from({ length: 20 }, () => tokens.refuse(guess()));
      // oxlint-disable-next-line no-await-in-loop -- one cooldown after the other
      for (const { code } of await Promise.all(guesses)) assert.equal(code, 'unauthorized');
      assert.equal(ours.keyFetches, fetched + expected);
      tokens.clock.ms += COOLDOWN_MS;
    }
  });

  test('are fetched no more often for 1,000 wrong tokens, of which nothing is kept (S31)', async () => {
    await tokens.admit(ours.issue());
    tokens.clock.ms += COOLDOWN_MS;
    const fetched = ours.keyFetches;
    const makers = [
      () => ours.issue({ aud: 'elsewhere', padding: 'x'.repeat(9_000) }),
      () => ours.issue({ padding: 'x'.repeat(9_000) }, { header: { kid: randomUUID() } }),
      () => ours.issue().replace(/[^.]+$/, randomBytes(64).toString('base64url')),
      () => evil.issue({ padding: 'x'.repeat(9_000) }),
    ];
    const refuse = async (): Promise<void> => {
      for (const make of makers) {
        // oxlint-disable-next-line no-await-in-loop -- as from one caller
        assert.equal((await tokens.refuse(make())).code, 'unauthorized');
      }
    };
    await refuse();
    const held = await heapBytes();
    // oxlint-disable-next-line no-await-in-loop -- as from one caller
    for (let index = 0; index < 250; index += 1) await refuse();
    assert.equal(ours.keyFetches, fetched + 1);
    assert.deepEqual(evil.fetches, []);
    // What was logged was said by the test's own log: a short line each.
    assert.ok((await heapBytes()) - held < 2_000_000);
  });
});

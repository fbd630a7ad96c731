import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import type { Failure } from '../../../src/shared/errors.ts';
import { STALE_MS } from '../../../src/worker/auth/issuer-keys.ts';
import { holdsScope } from '../../../src/worker/domain/principal.ts';
import { AuthorizationServer } from '../../support/authorization-server.ts';
import { AUDIENCE, checkTokensOf, LEEWAY_MS } from './tokens-checked.ts';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;

suite('a token', () => {
  let server: AuthorizationServer;
  before(async () => {
    server = await AuthorizationServer.open({ audience: AUDIENCE });
  });
  after(() => server[Symbol.asyncDispose]());

  for (const alg of ALGORITHMS) {
    test(`that is signed with ${alg} is let in where that is allowed, and nowhere else`, async () => {
      using lenient = checkTokensOf([server], { algorithms: [alg] });
      using strict = checkTokensOf([server], {
        algorithms: ALGORITHMS.filter((other) => other !== alg),
      });
      const token = server.issue({}, { alg });
      assert.equal((await lenient.admit(token)).id, `jwt:${server.issuer} ann`);
      assert.equal((await strict.refuse(token)).code, 'unauthorized');
    });
  }

  for (const typ of ['at+jwt', 'application/at+jwt', 'JWT', 'jwt', undefined]) {
    test(`of the type ${typ} is let in`, async () => {
      using tokens = checkTokensOf([server]);
      await tokens.admit(server.issue({}, { header: { typ } }));
    });
  }

  for (const [name, claims] of [
    ['as a text', { scope: 'notes  write' }],
    ['as a list', { scope: ['notes', 'write'] }],
    ['as a list under another name', { scp: ['notes', 'write'] }],
    ['as a text under another name', { scp: 'notes write' }],
  ] as const) {
    test(`that has its scopes ${name} holds them, and can come by those published`, async () => {
      using tokens = checkTokensOf([server]);
      const caller = await tokens.admit(server.issue(claims));
      assert.deepEqual(caller.scopes, new Set(['notes', 'write']));
      assert.deepEqual(caller.obtainable, new Set(['parts']));
    });
  }

  test('without a scope holds none, not even where one is called all', async () => {
    using tokens = checkTokensOf([server]);
    const caller = await tokens.admit(server.issue());
    assert.ok(!holdsScope(caller, 'notes'));
    const all = await tokens.admit(server.issue({ scope: 'all' }));
    assert.ok(!holdsScope(all, 'notes'));
  });

  test('is for one of our audiences, and may be for others too', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(server.issue({ aud: ['https://other.example', 'urn:spare'] }));
  });

  test('has the leeway before it begins and after it ends, and not a second more', async () => {
    using tokens = checkTokensOf([server]);
    const beginS = Math.floor(tokens.clock.ms / 1_000) + 100;
    const claims = { nbf: beginS, iat: beginS, exp: beginS + 1 };
    // They differ in their signatures.
    const [early, late] = [server.issue(claims), server.issue(claims)];

    tokens.clock.ms = beginS * 1_000 - LEEWAY_MS - 1;
    assert.equal((await tokens.refuse(early)).code, 'unauthorized');
    tokens.clock.ms += 1;
    await tokens.admit(early);
    tokens.clock.ms = (beginS + 1) * 1_000 + LEEWAY_MS - 1;
    await tokens.admit(late);
    tokens.clock.ms += 1;
    // One was let in before, and is remembered.
    assert.equal((await tokens.refuse(early)).code, 'unauthorized');
    assert.equal((await tokens.refuse(late)).code, 'unauthorized');
  });

  test('that was let in costs no look at its signature the next time', async (t) => {
    using tokens = checkTokensOf([server]);
    const token = server.issue();
    const first = await tokens.check.admit(token);
    const verify = t.mock.method(crypto.subtle, 'verify');
    const second = await tokens.check.admit(token);
    assert.equal(verify.mock.callCount(), 0);
    assert.equal(second.ended, first.ended);
    assert.equal(second.caller, first.caller);
    await tokens.check.admit(server.issue());
    assert.equal(verify.mock.callCount(), 1);
  });

  test('that was let in is looked at again once the key it was signed with may have been withdrawn', async (t) => {
    using tokens = checkTokensOf([server]);
    const token = server.issue({ exp: Math.floor(tokens.clock.ms / 1_000) + 86_400 });
    const first = await tokens.check.admit(token);
    const verify = t.mock.method(crypto.subtle, 'verify');
    tokens.clock.ms += STALE_MS - 1;
    await tokens.check.admit(token);
    assert.equal(verify.mock.callCount(), 0);
    tokens.clock.ms += 2;
    const second = await tokens.check.admit(token);
    assert.equal(verify.mock.callCount(), 1);
    assert.equal(second.ended, first.ended);
  });

  test('ends for all that came with it when its time is up', async (t) => {
    using tokens = checkTokensOf([server]);
    const token = server.issue();
    const { ended } = await tokens.check.admit(token);
    assert.ok(!ended.aborted);
    tokens.clock.ms += 300_000 + LEEWAY_MS + 1_000;
    await t.waitFor(() => assert.ok(ended.aborted), { timeout: 5_000 });
    const reason: Failure = ended.reason;
    assert.equal(reason.code, 'unauthorized');
  });

  test('of up to 16 KB is let in, and a longer one is not', async () => {
    using tokens = checkTokensOf([server]);
    const lengthOf = (padding: number): number =>
      server.issue({ padding: 'x'.repeat(padding) }).length;
    // Base64 is a third longer.
    const most = Math.floor(((16_384 - lengthOf(0)) * 3) / 4) - 3;
    assert.ok(lengthOf(most) > 16_370 && lengthOf(most) <= 16_384);
    await tokens.admit(server.issue({ padding: 'x'.repeat(most) }));
    const failure = await tokens.refuse(server.issue({ padding: 'x'.repeat(most + 30) }));
    assert.match(String(failure.cause), /too long/);
  });

  test('that is refused leaves the reason in the log, and nothing of itself', async () => {
    using tokens = checkTokensOf([server]);
    const token = server.issue({ sub: 'swordfish', aud: 'elsewhere' });
    const broken = server.issue().replace(/\.[^.]*\./, '.c3dvcmRmaXNo.');
    const failures = [await tokens.refuse(token), await tokens.refuse(broken)];
    assert.deepEqual(
      tokens.lines.map(({ level, message, fields }) => [level, message, fields]),
      [
        ['debug', 'token refused', { reason: 'unexpected "aud" claim value' }],
        ['debug', 'token refused', { reason: 'Failed to parse the decoded payload as JSON' }],
      ],
    );
    for (const { message, cause } of failures) {
      assert.equal(message, 'This token is not valid here');
      assert.ok(cause instanceof Error && cause.cause === undefined);
      assert.doesNotMatch(cause.message, /swordfish|eyJ|c3dv/);
    }
  });
});

suite('an issuer', () => {
  for (const [discovery, path] of [
    ['oauth', ''],
    ['oauth', '/realms/one'],
    ['openid', ''],
    ['openid', '/realms/one'],
    ['openid', '/'],
    ['openid-inserted', '/realms/one'],
  ] as const) {
    test(`at "${path}" is found by its metadata as ${discovery} has it`, async () => {
      await using server = await AuthorizationServer.open({ audience: AUDIENCE, path, discovery });
      using tokens = checkTokensOf([server]);
      await tokens.admit(server.issue());
      assert.equal(server.keyFetches, 1);
    });
  }

  test('that sends to its login whoever asks where it has nothing is found all the same', async () => {
    await using server = await AuthorizationServer.open({
      audience: AUDIENCE,
      discovery: 'openid',
    });
    server.behaviour = 'a-portal';
    using tokens = checkTokensOf([server]);
    await tokens.admit(server.issue());
    assert.ok(!server.fetches.includes('/login'));
  });
});

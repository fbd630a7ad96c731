import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';

import { AuthorizationServer } from '../../support/authorization-server.ts';
import { AUDIENCE, type CheckedTokens, COOLDOWN_MS, checkTokensOf } from './tokens-checked.ts';

const FRESH_MS = 600_000;
const RETRY_MS = 5_000;

suite('the keys of an issuer', () => {
  let server: AuthorizationServer;
  /** How often they had been fetched when a test began. */
  let fetchedBefore = 0;
  before(async () => {
    server = await AuthorizationServer.open({ audience: AUDIENCE });
  });
  beforeEach(() => {
    server.behaviour = 'well';
    fetchedBefore = server.keyFetches;
  });
  after(() => server[Symbol.asyncDispose]());

  const fetches = (): number => server.keyFetches - fetchedBefore;
  /** A token that holds now, by the clock of the test. No two are alike: the algorithm draws lots. */
  const issueAt = ({ clock }: CheckedTokens): string =>
    server.issue({ iat: undefined, exp: Math.floor(clock.ms / 1_000) + 60 });

  test('are fetched once, however many ask at first', async () => {
    using tokens = checkTokensOf([server]);
    await Promise.all(Array.from({ length: 100 }, () => tokens.admit(issueAt(tokens))));
    assert.equal(fetches(), 1);
  });

  test('are kept for ten minutes, and then fetched while the old are used', async (t) => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(issueAt(tokens));
    tokens.clock.ms += FRESH_MS - 1;
    await tokens.admit(issueAt(tokens));
    assert.equal(fetches(), 1);

    server.behaviour = 'slow';
    tokens.clock.ms += 1;
    // Nobody waits for what does not come.
    await tokens.admit(issueAt(tokens));
    await t.waitFor(() => assert.equal(fetches(), 2));
    await tokens.admit(issueAt(tokens));
    assert.equal(fetches(), 2);
    assert.equal(tokens.lines.length, 0);
    server.hangUp();
    await t.waitFor(() => assert.equal(tokens.lines.length, 1));
    assert.equal(tokens.lines[0]?.message, 'keys of an issuer could not be fetched');
  });

  test('that nobody asked for in twenty minutes are not trusted before they were fetched', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(issueAt(tokens));
    tokens.clock.ms += 2 * FRESH_MS;
    const withdrawn = issueAt(tokens);
    await server.rotate();
    assert.equal((await tokens.refuse(withdrawn)).code, 'unauthorized');
    assert.equal(fetches(), 2);
    await tokens.admit(issueAt(tokens));
  });

  test('are used on while it is away, and asked for once in a cooldown', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(issueAt(tokens));
    server.behaviour = 'down';
    const asked = server.fetches.length;
    for (let hours = 0; hours < 3; hours += 1) {
      tokens.clock.ms += 3_600_000;
      // oxlint-disable-next-line no-await-in-loop -- one hour after the other
      await tokens.admit(issueAt(tokens));
      // oxlint-disable-next-line no-await-in-loop -- see above
      await tokens.admit(issueAt(tokens));
    }
    assert.equal(server.fetches.length, asked + 3);
  });

  test('that were never had are asked for every five seconds, and until then it is said when to come again', async () => {
    using tokens = checkTokensOf([server]);
    server.behaviour = 'down';
    const asked = server.fetches.length;
    const first = await tokens.refuse(issueAt(tokens));
    assert.deepEqual([first.code, first.retryAfterMs], ['unavailable', RETRY_MS]);
    tokens.clock.ms += 2_000;
    assert.equal((await tokens.refuse(issueAt(tokens))).retryAfterMs, RETRY_MS - 2_000);
    tokens.clock.ms += 2_500;
    assert.equal((await tokens.refuse(issueAt(tokens))).retryAfterMs, 1_000);
    assert.equal(server.fetches.length, asked + 1);
    tokens.clock.ms += 500;
    server.behaviour = 'well';
    await tokens.admit(issueAt(tokens));
  });

  test('are found anew when a token names one that is not known', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(issueAt(tokens));
    await server.rotate();
    const token = issueAt(tokens);
    assert.equal((await tokens.refuse(token)).code, 'unauthorized');
    assert.equal(fetches(), 1);
    tokens.clock.ms += COOLDOWN_MS;
    await tokens.admit(token);
    assert.equal(fetches(), 2);
  });

  test('may be rotated while it is away: then nobody knows whether a token is right', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(issueAt(tokens));
    server.behaviour = 'down';
    await server.rotate();
    tokens.clock.ms += COOLDOWN_MS;
    const token = issueAt(tokens);
    for (const outcome of [await tokens.refuse(token), await tokens.refuse(token)]) {
      assert.deepEqual([outcome.code, outcome.retryAfterMs], ['unavailable', COOLDOWN_MS]);
    }
    server.behaviour = 'well';
    tokens.clock.ms += COOLDOWN_MS;
    await tokens.admit(issueAt(tokens));
    const unknown = server.issue({}, { header: { kid: 'unknown' } });
    assert.equal((await tokens.refuse(unknown)).code, 'unauthorized');
  });

  test('are fetched after the clock was set back', async () => {
    using tokens = checkTokensOf([server]);
    await tokens.admit(server.issue());
    await server.rotate();
    tokens.clock.ms -= 60_000;
    await tokens.admit(issueAt(tokens));
    assert.equal(fetches(), 2);
  });
});

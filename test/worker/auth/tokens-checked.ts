/** A check of tokens with a clock, a log and standings of the test's own. */
import assert from 'node:assert/strict';

import { Failure } from '../../../src/shared/errors.ts';
import type { JwtIdentity } from '../../../src/shared/identity.ts';
import { Standings } from '../../../src/worker/auth/standings.ts';
import { TokenCheck } from '../../../src/worker/auth/token-check.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { AuthorizationServer } from '../../support/authorization-server.ts';
import { type Line, recordLog } from '../recorded-log.ts';

export const AUDIENCE = 'https://mcp.example/mcp';
export const COOLDOWN_MS = 30_000;
export const LEEWAY_MS = 30_000;

export interface CheckedTokens extends Disposable {
  readonly check: TokenCheck;
  readonly clock: { ms: number };
  readonly lines: readonly Line[];
  /** Who comes in with a token. */
  readonly admit: (token: string) => Promise<Principal>;
  /** How a token is refused. Fails if it is not. */
  readonly refuse: (token: string) => Promise<Failure>;
}

/** Takes tokens of these servers. */
export function checkTokensOf(
  servers: readonly AuthorizationServer[],
  given: Partial<JwtIdentity> = {},
): CheckedTokens {
  const clock = { ms: Date.now() };
  const now = (): number => clock.ms;
  const { log, lines } = recordLog();
  const standings = new Standings(now);
  const identity: JwtIdentity = {
    issuers: servers.map(({ issuer }) => issuer),
    audiences: [AUDIENCE, 'urn:spare'],
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    leewayMs: LEEWAY_MS,
    cooldownMs: COOLDOWN_MS,
    scopes: ['notes', 'parts'],
    ...given,
  };
  const check = new TokenCheck({ identity, standings, now, log });
  return {
    check,
    clock,
    lines,
    admit: async (token) => (await check.admit(token)).caller,
    refuse: async (token) => {
      const outcome = await check.admit(token).catch((error: unknown) => error);
      assert.ok(outcome instanceof Failure, 'the token was let in');
      return outcome;
    },
    [Symbol.dispose]: () => {
      standings[Symbol.dispose]();
    },
  };
}

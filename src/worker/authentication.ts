import type { IncomingMessage } from 'node:http';

import type { Identity } from '../shared/identity.ts';
import type { Logger } from '../shared/logger.ts';
import { Authenticator, type AuthenticatorObserver } from './auth/authenticator.ts';
import { isJsonWebToken } from './auth/bearer.ts';
import { KeyCheck } from './auth/key-check.ts';
import {
  challengeOf,
  type ProtectedResource,
  protectedResourceOf,
  stepUpOf,
} from './auth/protected-resource.ts';
import { Standings } from './auth/standings.ts';
import { type IssuedTicket, needless, type TicketStore, Tickets } from './auth/tickets.ts';
import type { TokenCheck, TokenCheckOptions } from './auth/token-check.ts';
import { type Admission, NEVER } from './domain/admission.ts';
import type { Keys } from './domain/api-key.ts';
import type { Attempts } from './domain/limits.ts';
import { ANONYMOUS, type Principal } from './domain/principal.ts';

export interface AuthenticationOptions {
  readonly identity: Identity;
  /** Where agents find us. */
  readonly publicUrl: string;
  readonly keys: Keys;
  readonly tickets: TicketStore;
  readonly failedLogins: Attempts;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly observer: AuthenticatorObserver;
  readonly log: Logger;
}

/** Says who asks, and what those are told of whom we do not know it. What rejects does so with a `Failure`. */
export interface Authentication extends Disposable {
  /** Who sends a request. */
  admit(request: IncomingMessage): Promise<Admission<Principal>>;
  /** Who asks for an upgrade. */
  admitSocket(request: IncomingMessage): Promise<Admission<Principal>>;
  /** A ticket for somebody who was let in; if it is a page that asks, for its origin alone. */
  issueTicket(admission: Admission<Principal>, origin: string | undefined): Promise<IssuedTicket>;
  /** How to get in, for all to know; nothing if no issuer's tokens are taken. */
  readonly resource: ProtectedResource | undefined;
  /** What a request is told that showed nothing, or nothing that is known (`WWW-Authenticate`). */
  challenge(request: IncomingMessage): string;
  /** What somebody is told who would have to hold scopes (`WWW-Authenticate`). */
  stepUp(needed: readonly string[]): string;
}

/** Opens the door, as wide as it is to be. */
export async function openAuthentication(options: AuthenticationOptions): Promise<Authentication> {
  const { identity, addressOf } = options;
  if (identity.required) return askWho(options);
  const anyone = async (request: IncomingMessage): Promise<Admission<Principal>> => {
    const caller = { ...ANONYMOUS, address: addressOf(request) };
    return { caller, credential: undefined, ended: NEVER };
  };
  return {
    admit: anyone,
    admitSocket: anyone,
    issueTicket: () => Promise.reject(needless()),
    resource: undefined,
    challenge: () => challengeOf({ resource: undefined, shown: 'nothing' }),
    stepUp: (needed) => stepUpOf({ resource: undefined, needed }),
    [Symbol.dispose]: () => undefined,
  };
}

async function askWho(options: AuthenticationOptions): Promise<Authentication> {
  const { identity, publicUrl, keys, failedLogins, addressOf, observer, log } = options;
  using opening = new DisposableStack();
  const standings = opening.use(new Standings(Date.now));
  const keyCheck = opening.use(new KeyCheck({ keys, standings, now: Date.now, log }));
  const { jwt } = identity;
  const tokenCheck =
    jwt === undefined
      ? undefined
      : await openTokenCheck({ identity: jwt, standings, now: Date.now, log });
  const tickets = new Tickets(options.tickets, standings);
  const authenticator = new Authenticator({
    checkFor: (shown) => (isJsonWebToken(shown) ? tokenCheck : undefined) ?? keyCheck,
    tickets,
    failures: failedLogins,
    subprotocolAuth: identity.subprotocolAuth,
    addressOf,
    observer,
    now: () => performance.now(),
  });
  const resource = protectedResourceOf({ publicUrl, jwt });
  const opened = opening.move();
  return {
    admit: (request) => authenticator.admit(request),
    admitSocket: (request) => authenticator.admitSocket(request),
    issueTicket: (admission, origin) => tickets.issue(admission, origin),
    resource,
    challenge: (request) => challengeOf({ resource, shown: shownWith(request) }),
    stepUp: (needed) => stepUpOf({ resource, needed }),
    [Symbol.dispose]: () => {
      opened.dispose();
    },
  };
}

/** Loads what checks tokens where there is an issuer to trust, and nowhere else. */
async function openTokenCheck(options: TokenCheckOptions): Promise<TokenCheck> {
  const { TokenCheck: Check } = await import('./auth/token-check.ts');
  return new Check(options);
}

function shownWith({ headers: { authorization } }: IncomingMessage): 'nothing' | 'key' | 'token' {
  if (authorization === undefined) return 'nothing';
  return isJsonWebToken(authorization.replace(/^\S+ +/, '')) ? 'token' : 'key';
}

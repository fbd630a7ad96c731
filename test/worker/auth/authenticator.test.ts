import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../../src/shared/errors.ts';
import { Authenticator, type Check } from '../../../src/worker/auth/authenticator.ts';
import { Standings } from '../../../src/worker/auth/standings.ts';
import { type TicketStore, Tickets } from '../../../src/worker/auth/tickets.ts';
import type { Admission } from '../../../src/worker/domain/admission.ts';
import type { Attempts } from '../../../src/worker/domain/limits.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';

/** Counts failures, and lets so many pass. */
class CountedAttempts implements Attempts {
  readonly counts = new Map<string, number>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  async take(who: string): Promise<number> {
    this.counts.set(who, (this.counts.get(who) ?? 0) + 1);
    return (this.counts.get(who) ?? 0) > this.#max ? 60_000 : 0;
  }
}

/** Tickets in memory. */
class LocalTickets implements TicketStore {
  readonly #kept = new Map<string, object>();

  async issue(content: object): Promise<string> {
    const ticket = `t${this.#kept.size}`;
    this.#kept.set(ticket, structuredClone(content));
    return ticket;
  }

  async redeem(ticket: string): Promise<unknown> {
    const content = this.#kept.get(ticket);
    this.#kept.delete(ticket);
    return content;
  }
}

/** Knows one key, and what was asked about. */
class OneKey implements Check {
  readonly asked: string[] = [];
  readonly #standings: Standings;
  #isKnown = false;

  constructor(standings: Standings) {
    this.#standings = standings;
  }

  known(shown: string): Admission<Principal> | undefined {
    return this.#isKnown && shown === 'right' ? this.#admission() : undefined;
  }

  async admit(shown: string): Promise<Admission<Principal>> {
    this.asked.push(shown);
    if (shown !== 'right') throw new Failure('unauthorized', 'Why, is nobody else’s business');
    this.#isKnown = true;
    return this.#admission();
  }

  #admission(): Admission<Principal> {
    const caller = { id: 'key:ann', scopes: new Set(['read']), obtainable: new Set(['write']) };
    const credential = { id: 'k1', expiresAt: undefined };
    return { caller, credential, ended: this.#standings.signalOf('k1', undefined) };
  }
}

interface Door {
  readonly authenticator: Authenticator;
  readonly check: OneKey;
  readonly failures: CountedAttempts;
  readonly standings: Standings;
  readonly tickets: Tickets;
}

function open({ failuresMax = 3, subprotocolAuth = false } = {}): Door {
  const standings = new Standings(() => 0);
  const check = new OneKey(standings);
  const failures = new CountedAttempts(failuresMax);
  const tickets = new Tickets(new LocalTickets(), standings);
  const authenticator = new Authenticator({
    checkFor: () => check,
    tickets,
    failures,
    subprotocolAuth,
    addressOf: ({ headers }) => String(headers['x-address'] ?? '192.0.2.1'),
    observer: { refuse: () => undefined },
    now: () => 0,
  });
  return { authenticator, check, failures, standings, tickets };
}

function requestOf(headers: Readonly<Record<string, string>>, url = '/mcp'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  for (const [name, value] of Object.entries(headers)) {
    request.headers[name] = value;
    request.headersDistinct[name] = [value];
  }
  return request;
}

const bearing = (shown: string, more = {}): IncomingMessage =>
  requestOf({ authorization: `Bearer ${shown}`, ...more });

function isFailure(code: FailureCode): (thrown: unknown) => boolean {
  return (thrown) => thrown instanceof Failure && thrown.code === code;
}

suite('who asks', () => {
  test('is told by what is shown, and where from', async () => {
    const { caller, credential } = await open().authenticator.admit(bearing('right'));
    assert.equal(caller.id, 'key:ann');
    assert.equal(caller.address, '192.0.2.1');
    assert.equal(credential?.id, 'k1');
  });

  test('is unknown with nothing, with something wrong, and with what was revoked', async () => {
    const { authenticator, standings } = open();
    await assert.rejects(authenticator.admit(requestOf({})), isFailure('unauthorized'));
    await assert.rejects(authenticator.admit(bearing('wrong')), isFailure('unauthorized'));
    const { ended } = await authenticator.admit(bearing('right'));
    standings.end('k1', 'Revoked');
    assert.equal(ended.aborted, true);
  });

  test('learns nothing of why it is unknown', async () => {
    const { authenticator } = open();
    await assert.rejects(authenticator.admit(bearing('wrong')), ({ message }: Error) => {
      return !message.includes('business');
    });
  });

  test('who fails too often is not looked at for a while, and told how long', async () => {
    const { authenticator, check } = open({ failuresMax: 3 });
    for (const shown of ['a', 'b', 'c']) {
      await assert.rejects(authenticator.admit(bearing(shown)), isFailure('unauthorized'));
    }
    await assert.rejects(authenticator.admit(bearing('d')), (thrown) => {
      return (
        thrown instanceof Failure && thrown.code === 'limited' && thrown.retryAfterMs === 60_000
      );
    });
    const asked = check.asked.length;
    await assert.rejects(authenticator.admit(bearing('e')), isFailure('limited'));
    await assert.rejects(authenticator.admit(bearing('right')), isFailure('limited'));
    assert.equal(check.asked.length, asked);
    await authenticator.admit(bearing('right', { 'x-address': '192.0.2.2' }));
  });

  test('what one key begins with is counted wherever it comes from', async () => {
    const { authenticator } = open({ failuresMax: 3 });
    const key = 'hf_live_AAAAAAAAAAAA';
    const from = (last: number): IncomingMessage =>
      bearing(`${key}${last}`, { 'x-address': `192.0.2.${last}` });
    for (const last of [1, 2, 3]) {
      await assert.rejects(authenticator.admit(from(last)), isFailure('unauthorized'));
    }
    await assert.rejects(authenticator.admit(from(4)), isFailure('limited'));
    await assert.rejects(authenticator.admit(from(5)), isFailure('limited'));
  });

  test('who was let in before is not kept out by somebody at the same address', async () => {
    const { authenticator } = open({ failuresMax: 1 });
    await authenticator.admit(bearing('right'));
    for (const shown of ['a', 'b', 'c']) await authenticator.admit(bearing(shown)).catch(() => 0);
    assert.equal((await authenticator.admit(bearing('right'))).caller.id, 'key:ann');
  });

  test('what cannot be looked up now is not counted against anybody', async () => {
    const { check, failures, authenticator } = open();
    check.admit = () => Promise.reject(new Failure('unavailable', 'Later'));
    await assert.rejects(authenticator.admit(bearing('right')), isFailure('unavailable'));
    assert.equal(failures.counts.size, 0);
  });
});

suite('a page', () => {
  const ORIGIN = { origin: 'https://app.example' };

  test('shows a ticket that it got a moment ago, and is who got it', async () => {
    const { authenticator, tickets } = open();
    const admission = await authenticator.admit(bearing('right'));
    const { ticket, expiresInMs } = await tickets.issue(admission, ORIGIN.origin);
    assert.equal(expiresInMs, 30_000);
    const { caller, ended } = await authenticator.admitSocket(
      requestOf(ORIGIN, `/mcp?ticket=${ticket}`),
    );
    assert.deepEqual(caller, {
      id: 'key:ann',
      scopes: new Set(['read']),
      obtainable: new Set(['write']),
      address: '192.0.2.1',
    });
    assert.equal(ended, admission.ended);
  });

  test('shows it once, from its own origin, and over WebSocket alone', async () => {
    const { authenticator, tickets } = open();
    const admission = await authenticator.admit(bearing('right'));
    const issue = async (): Promise<string> =>
      `/mcp?ticket=${(await tickets.issue(admission, ORIGIN.origin)).ticket}`;
    const once = await issue();
    await authenticator.admitSocket(requestOf(ORIGIN, once));
    await assert.rejects(
      authenticator.admitSocket(requestOf(ORIGIN, once)),
      isFailure('unauthorized'),
    );
    const elsewhere = requestOf({ origin: 'https://other.example' }, await issue());
    await assert.rejects(authenticator.admitSocket(elsewhere), isFailure('unauthorized'));
    await assert.rejects(
      authenticator.admit(requestOf(ORIGIN, await issue())),
      isFailure('unauthorized'),
    );
  });

  test('may use one that its own server got for it', async () => {
    const { authenticator, tickets } = open();
    const { ticket } = await tickets.issue(await authenticator.admit(bearing('right')), undefined);
    await authenticator.admitSocket(requestOf(ORIGIN, `/mcp?ticket=${ticket}`));
  });

  test('shows a key as a subprotocol only where that is switched on', async () => {
    const offering = requestOf({ 'sec-websocket-protocol': 'mcp, mcp.auth.right' });
    await assert.rejects(open().authenticator.admitSocket(offering), isFailure('unauthorized'));
    const { authenticator } = open({ subprotocolAuth: true });
    assert.equal((await authenticator.admitSocket(offering)).caller.id, 'key:ann');
    await assert.rejects(authenticator.admit(offering), isFailure('unauthorized'));
  });

  test('shows who it is in one way', async () => {
    const both = requestOf({ authorization: 'Bearer right' }, '/mcp?ticket=t0');
    await assert.rejects(open().authenticator.admitSocket(both), isFailure('invalid'));
  });
});

import type { Limits } from '../../shared/limits.ts';
import type { Logger } from '../../shared/logger.ts';
import { ApiKeys } from './api-keys.ts';
import { RedisAttempts } from './attempts.ts';
import { StoredAudit } from './audit.ts';
import { keepAuditParts } from './audit-parts.ts';
import { SharedCallRates } from './call-rates.ts';
import { KeyRing } from './keys.ts';
import { monotonic } from './monotonic.ts';
import { StoredSocketSessions } from './socket-sessions.ts';
import type { Stores } from './stores.ts';
import { sweepSessions } from './sweep-sessions.ts';
import { Sweeper } from './sweeper.ts';
import { RedisTickets } from './tickets.ts';

/** Whoever counts what is refused, and what is lost. It must not throw. */
interface RecordsObserver {
  refuse(limit: 'calls_per_s' | 'tool_calls_per_s'): void;
  /** So much was not kept. */
  lose(what: 'audit' | 'sessions', count: number): void;
}

export interface RecordsOptions {
  readonly stores: Stores;
  readonly limits: Limits;
  readonly sessions: { readonly ttlMs: number };
  readonly auditDays: number;
  readonly observer: RecordsObserver;
  readonly log: Logger;
}

/** What is kept of who may do what, and who did it. */
export interface Records extends AsyncDisposable {
  readonly sealKeys: KeyRing;
  readonly apiKeys: ApiKeys;
  readonly tickets: RedisTickets;
  readonly audit: StoredAudit;
  readonly socketSessions: StoredSocketSessions;
  readonly handshakes: RedisAttempts;
  readonly failedLogins: RedisAttempts;
  readonly callRates: SharedCallRates;
}

/** How often it is looked for what is too old. */
const SWEEP_MS = 60_000;

/** Opens what needs the database as our migrations made it, and sees to it that nothing in it grows for ever. */
export async function openRecords(options: RecordsOptions): Promise<Records> {
  const { stores, limits, sessions, auditDays, observer, log } = options;
  const { pool, bus, redis, prefix, workers } = stores;
  const attemptsOf = (what: string, perMin: number): RedisAttempts =>
    new RedisAttempts({ redis, prefix, what, perMin, log });
  await using opened = new AsyncDisposableStack();
  const chores = [keepAuditParts(auditDays), sweepSessions(sessions)];
  opened.use(new Sweeper({ pool, everyMs: SWEEP_MS, chores, log }));
  const lose = (what: 'audit' | 'sessions') => (count: number) => {
    observer.lose(what, count);
  };
  const worker = workers.self;
  const audit = opened.use(new StoredAudit({ pool, worker, log, onLost: lose('audit') }));
  const socketSessions = opened.use(
    new StoredSocketSessions({ ...stores, worker, log, onLost: lose('sessions') }),
  );
  const sealKeys = opened.use(await KeyRing.open({ pool, bus, now: monotonic, log }));
  const callRates = opened.use(
    await SharedCallRates.open({ ...stores, ...limits, self: workers.self, observer, log }),
  );
  const kept = opened.move();
  return {
    sealKeys,
    apiKeys: new ApiKeys(pool),
    tickets: new RedisTickets(redis, prefix),
    audit,
    socketSessions,
    handshakes: attemptsOf('handshakes', limits.handshakesPerMin),
    failedLogins: attemptsOf('failed-logins', limits.failedLoginsPerMin),
    callRates,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

import { hash, randomBytes } from 'node:crypto';

import type { Redis } from 'ioredis';

import { Failure } from '../../shared/errors.ts';
import { parseJson } from './parse-json.ts';
import { unlessAway } from './redis-away.ts';

const TICKET_BYTES = 32;
const TICKET = /^[\w-]{43}$/;

/** Tickets in Redis, each good once and for a while. Redis knows no ticket, only its hash. */
export class RedisTickets {
  readonly #redis: Redis;
  readonly #prefix: string;

  /** The prefix begins the name of each key. */
  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Resolves with a ticket for what it is to be exchanged for. Throws a `Failure` (`unavailable`) while Redis is away. */
  async issue(content: object, ttlMs: number): Promise<string> {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    const keeping = this.#redis.set(this.#keyOf(ticket), JSON.stringify(content), 'PX', ttlMs);
    if ((await unlessAway(keeping)) === undefined) throw away();
    return ticket;
  }

  /** What a ticket was issued for, once; nothing, if it is none, or was used, or is too old. Throws a `Failure` (`unavailable`) while Redis is away. */
  async redeem(ticket: string): Promise<unknown> {
    if (!TICKET.test(ticket)) return undefined;
    const content = await unlessAway(this.#redis.getdel(this.#keyOf(ticket)));
    if (content === undefined) throw away();
    return content === null ? undefined : parseJson(content);
  }

  #keyOf(ticket: string): string {
    return `${this.#prefix}ticket:${hash('sha256', ticket, 'base64url')}`;
  }
}

function away(): Failure {
  return new Failure('unavailable', 'Tickets cannot be issued or taken at the moment');
}

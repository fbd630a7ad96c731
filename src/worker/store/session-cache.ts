import type { Redis } from 'ioredis';

import {
  type Guard,
  isListOf,
  isOneOf,
  isOptional,
  isRecordOf,
  isShaped,
  isString,
} from '../../shared/shape.ts';
import { LOG_LEVELS } from '../domain/log-level.ts';
import type { Session } from '../domain/session.ts';
import { parseJson } from './parse-json.ts';
import { unlessAway } from './redis-away.ts';

/** Any JSON. */
export const isAnything: Guard<unknown> = (value): value is unknown => value !== undefined;

const isSession: Guard<Session> = isShaped({
  id: isString,
  principal: isString,
  revision: isString,
  client: isShaped({ name: isString, version: isString }),
  capabilities: isRecordOf(isAnything),
  logLevel: isOptional(isOneOf(LOG_LEVELS)),
  subscriptions: isListOf(isString),
});

/** Keeps a value unless what is there has at least as many changes, which is the number that each begins with. */
const KEEP = `
  local held = string.match(redis.call('getrange', KEYS[1], 0, 15), '^%d+')
  if held and tonumber(held) >= tonumber(ARGV[1]) then return 0 end
  redis.call('set', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'px', ARGV[3])
  return 1`;

/** A session as it was after so many changes: of two, the one with more is newer. */
export interface SessionCopy {
  readonly changes: number;
  /** Nothing, if it has ended. */
  readonly session: Session | undefined;
}

export interface SessionCacheOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** How long a copy is kept. */
  readonly ttlMs: number;
}

/** Copies of sessions in Redis, each for a while. A newer one is never overwritten by an older, in whatever order they come. */
export class SessionCache {
  readonly #options: SessionCacheOptions;

  constructor(options: SessionCacheOptions) {
    this.#options = options;
  }

  /** Nothing, too, while Redis is away. */
  async find(id: string): Promise<SessionCopy | undefined> {
    const text = await unlessAway(this.#options.redis.get(this.#keyOf(id)));
    const [, changes, json = ''] = /^(\d+) (.+)$/s.exec(text ?? '') ?? [];
    const found = parseJson(json);
    if (found === null) return { changes: Number(changes), session: undefined };
    if (!isSession(found)) return undefined;
    // JSON leaves out what is not there.
    const session = { ...found, logLevel: found.logLevel };
    return { changes: Number(changes), session };
  }

  /** While Redis is away nothing is kept. */
  async keep(id: string, { changes, session }: SessionCopy): Promise<void> {
    const { redis, ttlMs } = this.#options;
    const json = JSON.stringify(session ?? null);
    await unlessAway(redis.eval(KEEP, 1, this.#keyOf(id), changes, json, ttlMs));
  }

  #keyOf(id: string): string {
    return `${this.#options.prefix}session:${id}`;
  }
}

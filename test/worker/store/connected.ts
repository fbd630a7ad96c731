import { randomUUID } from 'node:crypto';

import type { Redis } from 'ioredis';

import { type Logger, silent } from '../../../src/shared/logger.ts';
import { RedisBus } from '../../../src/worker/store/bus.ts';
import { openRedis } from '../../../src/worker/store/redis.ts';

/** The Redis that all tests share. */
export const SHARED_REDIS = process.env.TEST_REDIS_URL ?? '';

/** What one worker has of a Redis. */
export interface Connected extends Disposable {
  readonly redis: Redis;
  readonly bus: RedisBus;
  /** Begins all names. */
  readonly prefix: string;
}

export interface ConnectOptions {
  readonly url?: string;
  readonly prefix?: string;
  readonly topicsMax?: number;
  readonly log?: Logger;
}

/** Names that no other test has. */
export function makePrefix(): string {
  return `test:${randomUUID()}:`;
}

/** Resolves when that happens to a connection next, whatever goes wrong before. */
export function untilNext(event: 'close' | 'ready', redis: Redis): Promise<void> {
  return new Promise((resolve) => {
    redis.once(event, () => {
      resolve();
    });
  });
}

/** Connects a worker to Redis. Those that give the same prefix are of one service. */
export async function connect({
  url = SHARED_REDIS,
  prefix = makePrefix(),
  topicsMax = 100,
  log = silent,
}: ConnectOptions = {}): Promise<Connected> {
  using opened = new DisposableStack();
  const options = { deadlineMs: 10_000, report: () => undefined, log: silent };
  const { redis } = opened.use(await openRedis({ url, ...options }));
  const bus = opened.use(await RedisBus.open({ redis, prefix, topicsMax, log }));
  const kept = opened.move();
  return { redis, bus, prefix, [Symbol.dispose]: () => kept.dispose() };
}

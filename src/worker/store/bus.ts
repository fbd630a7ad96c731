import type { Redis } from 'ioredis';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Bus } from '../domain/bus.ts';
import { describeTrouble } from './dependency.ts';
import { parseJson } from './parse-json.ts';
import { isAway, unlessAway } from './redis-away.ts';

/** What a subscriber has not read yet waits in Redis, which cuts off who keeps it waiting with 8 MiB. */
const MESSAGE_LENGTH_MAX = 5 * 1_048_576;
/** Nobody speaks for long on a quiet bus: a connection that is dead without a word would not be noticed. */
const PING_MS = 5_000;
/** So many channels are named in one SUBSCRIBE when a connection is new. */
const SUBSCRIBE_BATCH = 1_000;

export interface BusOptions {
  /** It publishes. Another connection like it listens. */
  readonly redis: Redis;
  /** Begins the name of each channel: Redis has the same channels in all its databases. */
  readonly prefix: string;
  /** Topics that may be listened to at once. */
  readonly topicsMax: number;
  readonly log: Logger;
}

/** A topic that is listened to. */
interface Subscription {
  readonly listeners: Set<Listener>;
  /** Resolves when Redis said so, or is away. */
  confirmed: Promise<void>;
}

interface Listener {
  readonly heed: (message: unknown) => void;
  readonly missed: (() => void) | undefined;
}

/** The bus over Redis' pub/sub. After a loss of its connection it listens again to what it did before. */
export class RedisBus implements Bus, Disposable {
  readonly #options: BusOptions;
  readonly #subscriber: Redis;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #pinging: NodeJS.Timeout;

  private constructor(options: BusOptions, subscriber: Redis) {
    this.#options = options;
    this.#subscriber = subscriber;
    subscriber.on('error', (error: Error) => {
      options.log.debug('redis subscriber failed', { error });
    });
    subscriber.on('ready', () => {
      void this.#subscribeAgain();
    });
    // Either may be back first, and who missed something needs both: to read it, and not to miss more.
    options.redis.on('ready', this.#tellMissed);
    subscriber.on('message', (channel: string, text: string) => {
      this.#heed(channel, text);
    });
    this.#pinging = setInterval(() => {
      // Without an answer in time the socket is given up, and another is made.
      subscriber.ping().catch(() => undefined);
    }, PING_MS).unref();
  }

  /** Resolves when it is connected. Should Redis just be away, it connects when that is back. */
  static async open(options: BusOptions): Promise<RedisBus> {
    const subscriber = options.redis.duplicate({
      lazyConnect: true,
      // The library's own would leave promises to nobody.
      autoResubscribe: false,
    });
    const bus = new RedisBus(options, subscriber);
    await unlessAway(subscriber.connect());
    return bus;
  }

  /** What is too long is not sent either. */
  async publish(topic: string, message: object): Promise<boolean> {
    const text = JSON.stringify(message);
    if (text.length > MESSAGE_LENGTH_MAX) return false;
    const { redis, prefix } = this.#options;
    return (await unlessAway(redis.publish(prefix + topic, text))) !== undefined;
  }

  /**
   * While Redis is away it resolves too, and listens as soon as Redis is back. What `heed` throws is logged.
   * Throws a `Failure` (`limited`) where too many topics are listened to.
   */
  async listen(
    topic: string,
    heed: (message: unknown) => void,
    missed?: () => void,
  ): Promise<Disposable> {
    const channel = this.#options.prefix + topic;
    const subscription = this.#subscriptions.get(channel) ?? this.#subscribeTo(channel);
    const listener = { heed, missed };
    subscription.listeners.add(listener);
    await subscription.confirmed;
    return {
      [Symbol.dispose]: () => {
        this.#leave(channel, listener);
      },
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#pinging);
    this.#options.redis.off('ready', this.#tellMissed);
    this.#subscriptions.clear();
    this.#subscriber.disconnect();
  }

  #subscribeTo(channel: string): Subscription {
    if (this.#subscriptions.size >= this.#options.topicsMax) {
      throw new Failure('limited', 'Too many topics are listened to');
    }
    const subscription = { listeners: new Set<Listener>(), confirmed: this.#subscribe([channel]) };
    this.#subscriptions.set(channel, subscription);
    return subscription;
  }

  async #subscribeAgain(): Promise<void> {
    const all = [...this.#subscriptions];
    const batches: Promise<void>[] = [];
    for (let from = 0; from < all.length; from += SUBSCRIBE_BATCH) {
      const batch = all.slice(from, from + SUBSCRIBE_BATCH);
      const confirmed = this.#subscribe(batch.map(([channel]) => channel));
      for (const [, subscription] of batch) subscription.confirmed = confirmed;
      batches.push(confirmed);
    }
    await Promise.all(batches);
    this.#tellMissed();
  }

  readonly #tellMissed = (): void => {
    for (const { listeners } of this.#subscriptions.values()) {
      for (const { missed } of listeners) missed?.();
    }
  };

  async #subscribe(channels: readonly string[]): Promise<void> {
    try {
      await this.#subscriber.subscribe(...channels);
    } catch (error) {
      if (!isAway(error)) throw error;
      const { class: kind, code } = describeTrouble(error);
      // Channels have rights of their own (`acl-pubsub-default`), and no waiting mends that.
      if (kind === 'dep_auth') this.#options.log.warn('redis refuses a subscription', { code });
    }
  }

  #leave(channel: string, listener: Listener): void {
    const subscription = this.#subscriptions.get(channel);
    if (!subscription?.listeners.delete(listener) || subscription.listeners.size > 0) return;
    this.#subscriptions.delete(channel);
    // On a connection that is not there, nothing is subscribed to.
    this.#subscriber.unsubscribe(channel).catch(() => undefined);
  }

  #heed(channel: string, text: string): void {
    const message = parseJson(text);
    const listeners = this.#subscriptions.get(channel)?.listeners;
    if (message === undefined || listeners === undefined) return;
    // Who is added by one of them has not asked for this message.
    const present = [...listeners];
    for (const listener of present) {
      // One of those before it may have ended it.
      if (!listeners.has(listener)) continue;
      try {
        listener.heed(message);
      } catch (error) {
        this.#options.log.error('listener failed', { channel, error });
      }
    }
  }
}

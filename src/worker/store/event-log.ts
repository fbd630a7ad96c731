import type { Redis } from 'ioredis';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import { isShaped, isString } from '../../shared/shape.ts';
import type { Bus, EventLog, LogEntry } from '../domain/bus.ts';
import { isAfter, parseEntryId } from '../domain/entry-id.ts';
import { parseJson } from './parse-json.ts';
import { unlessAway } from './redis-away.ts';

/** Of one log. Who missed more has to ask for everything anew anyway. */
const ENTRIES_MAX = 1_000;
/** The largest frame that an agent may send us, and so a fair bound for what it is sent. */
const ENTRY_BYTES_MAX = 4 * 1_048_576;
/** Entries read at once: a bound for what of them is in memory. */
const PAGE = 20;
/** A wake-up may be missed while the bus has lost its connection. */
const POLL_MS = 5_000;

/** In one: a log that never goes would be left by who ends between the two. */
const APPEND = `
  local id = redis.call('xadd', KEYS[1], 'maxlen', ARGV[2], '*', 'message', ARGV[1])
  redis.call('pexpire', KEYS[1], ARGV[3])
  return id`;

/** What tells those who follow a log that there is more. */
const isWakeUp = isShaped({ id: isString });

export interface EventLogOptions {
  readonly redis: Redis;
  readonly bus: Bus;
  /** Begins the name of each key. */
  readonly prefix: string;
  /** How long a log is kept after something was appended. */
  readonly ttlMs: number;
  readonly log: Logger;
}

/** Logs as streams of Redis. Those who follow one are woken over the bus, and read on. */
export class RedisEventLog implements EventLog {
  readonly #options: EventLogOptions;

  constructor(options: EventLogOptions) {
    this.#options = options;
  }

  /** What is too large is not kept either. */
  async append(log: string, message: object): Promise<string | undefined> {
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) > ENTRY_BYTES_MAX) return undefined;
    const { redis, bus, ttlMs } = this.#options;
    const appending = redis.eval(APPEND, 1, this.#keyOf(log), text, ENTRIES_MAX, ttlMs);
    const id = await unlessAway(appending);
    if (!isString(id)) return undefined;
    await bus.publish(topicOf(log), { id });
    return id;
  }

  /**
   * Resolves when `heed` was given what there was. What it throws is logged.
   * Throws a `Failure` (`invalid`) too, for an id that no entry has ever had.
   */
  async follow(
    log: string,
    after: string | undefined,
    heed: (entry: LogEntry) => void,
  ): Promise<Disposable> {
    if (after !== undefined && parseEntryId(after) === undefined) {
      throw new Failure('invalid', 'No event has such an id');
    }
    const key = this.#keyOf(log);
    using opened = new DisposableStack();
    const follower = opened.use(
      new Follower({
        after: after ?? '0-0',
        read: (last) => this.#read(key, last),
        heed,
        onError: (error) => {
          this.#options.log.error('follower failed', { key, error });
        },
      }),
    );
    // It listens before it reads, so that nothing falls between the two.
    const listening = await this.#options.bus.listen(
      topicOf(log),
      (message) => {
        follower.wake(message);
      },
      () => {
        follower.wake(undefined);
      },
    );
    opened.use(listening);
    if (!(await follower.catchUp())) {
      throw new Failure('unavailable', 'Events cannot be read now');
    }
    const poll = setInterval(() => {
      follower.wake(undefined);
    }, POLL_MS).unref();
    opened.defer(() => {
      clearInterval(poll);
    });
    return opened.move();
  }

  /** The next few entries, or nothing while Redis is away. */
  async #read(key: string, last: string): Promise<readonly LogEntry[] | undefined> {
    const { redis } = this.#options;
    const found = await unlessAway(redis.xrange(key, `(${last}`, '+', 'COUNT', PAGE));
    return found?.map(([id, [, text = '']]) => ({ id, message: parseJson(text) }));
  }

  #keyOf(log: string): string {
    return `${this.#options.prefix}log:${log}`;
  }
}

interface FollowerOptions {
  readonly after: string;
  readonly read: (last: string) => Promise<readonly LogEntry[] | undefined>;
  readonly heed: (entry: LogEntry) => void;
  readonly onError: (error: unknown) => void;
}

/** Somebody who reads a log, one page after the other, and knows how far it is. */
class Follower implements Disposable {
  readonly #options: FollowerOptions;
  #last: string;
  #reading: Promise<boolean> | undefined;
  #hasMore = false;
  #isDone = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#last = options.after;
  }

  /** Reads on, unless the message tells of an entry that it has read. */
  wake(message: unknown): void {
    if (isWakeUp(message) && !isAfter(message.id, this.#last)) return;
    this.catchUp().catch(this.#options.onError);
  }

  /** Reads until there is no more. Resolves with whether Redis was there. */
  async catchUp(): Promise<boolean> {
    this.#hasMore = true;
    this.#reading ??= this.#read();
    return this.#reading;
  }

  [Symbol.dispose](): void {
    this.#isDone = true;
  }

  async #read(): Promise<boolean> {
    try {
      while (this.#hasMore && !this.#isDone) {
        this.#hasMore = false;
        // A page follows from the one before it.
        // oxlint-disable-next-line no-await-in-loop -- see above
        const page = await this.#options.read(this.#last);
        if (page === undefined) return false;
        if (page.length === PAGE) this.#hasMore = true;
        for (const entry of page) this.#give(entry);
      }
      return true;
    } finally {
      // At once: who asks from now on has to have it read anew.
      this.#reading = undefined;
    }
  }

  #give(entry: LogEntry): void {
    if (this.#isDone) return;
    this.#last = entry.id;
    // It was not one of ours.
    if (entry.message === undefined) return;
    try {
      this.#options.heed(entry);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

function topicOf(log: string): string {
  return `log:${log}`;
}

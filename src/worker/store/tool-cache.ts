import { hash } from 'node:crypto';

import type { Redis } from 'ioredis';

import { Failure } from '../../shared/errors.ts';
import { assertJson } from '../../shared/json.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Cache, CacheSource, ToolCache } from '../domain/cache.ts';
import { identityOf, type Principal } from '../domain/principal.ts';
import type { Making } from '../domain/result-cache.ts';
import { KeptValues } from './kept-values.ts';
import { parseJson } from './parse-json.ts';
import { SingleFlight } from './single-flight.ts';

const KEY_LENGTH_MAX = 512;
/** Many of them have to fit into Redis. */
const VALUE_BYTES_MAX = 1_048_576;
/** 30 days: what is to be kept for longer is no cache's to keep. */
const TTL_MS_MAX = 2_592_000_000;
/** A call waits for another worker for as long as it has itself. */
const WAIT_MS = Number.POSITIVE_INFINITY;

export interface ToolCachesOptions {
  readonly redis: Redis;
  /** Begins the name of each key. */
  readonly prefix: string;
  readonly log: Logger;
}

/** A value that was made, and its JSON if it can be kept. */
interface Made {
  readonly value: unknown;
  readonly text: string | undefined;
}

/** What tools keep in Redis. Each has its own, by its schema and its name, which no other can reach. */
export class ToolCaches implements Disposable {
  readonly #kept: KeptValues;
  readonly #flights: SingleFlight<Made>;

  constructor({ redis, prefix, log }: ToolCachesOptions) {
    this.#kept = new KeptValues({ redis, prefix: `${prefix}cache:`, log });
    this.#flights = new SingleFlight<Made>({
      kept: this.#kept,
      write: ({ text }) => text,
      read: (text) => ({ value: undefined, text }),
      log,
    });
  }

  /** The cache of one tool, resource or prompt. */
  of(schema: string, name: string): CacheSource {
    const shelf = { kept: this.#kept, flights: this.#flights, schema, name };
    return { during: (principal, signal) => new OwnCache(shelf, principal, signal) };
  }

  [Symbol.dispose](): void {
    this.#flights[Symbol.dispose]();
  }
}

/** Where one tool keeps things. */
interface Shelf {
  readonly kept: KeptValues;
  readonly flights: SingleFlight<Made>;
  readonly schema: string;
  readonly name: string;
}

/** What one tool keeps for one owner, as one call sees it. */
class OwnedCache implements Cache {
  readonly #shelf: Shelf;
  readonly #ownerOf: () => string;
  readonly #signal: AbortSignal;

  /** Most calls keep nothing, so the owner is asked for once it matters. */
  constructor(shelf: Shelf, ownerOf: () => string, signal: AbortSignal) {
    this.#shelf = shelf;
    this.#ownerOf = ownerOf;
    this.#signal = signal;
  }

  async get(key: string): Promise<unknown> {
    const found = await this.#shelf.kept.find(this.#nameOf(key), 0);
    return found ? parseJson(found.text) : undefined;
  }

  async set(key: string, value: unknown, ttlMs: number): Promise<void> {
    checkTtl(ttlMs);
    const text = jsonOf(value);
    if (!isSmall(text)) {
      throw new Failure('invalid', `A value in the cache has ${VALUE_BYTES_MAX} bytes at most`);
    }
    const name = this.#nameOf(key);
    this.#shelf.flights.forget(name);
    await this.#shelf.kept.put(name, text, ttlMs);
  }

  async delete(key: string): Promise<void> {
    const name = this.#nameOf(key);
    this.#shelf.flights.forget(name);
    await this.#shelf.kept.remove(name);
  }

  async remember<Value>(key: string, ttlMs: number, make: () => Promise<Value>): Promise<Value> {
    checkTtl(ttlMs);
    const wanted = {
      key: this.#nameOf(key),
      ttlMs,
      staleMs: 0,
      waitMs: WAIT_MS,
      make: async ({ keepToOneself }: Making): Promise<Made> => {
        const value = await make();
        const text = value === undefined ? undefined : jsonOf(value);
        const isKept = text !== undefined && isSmall(text);
        if (!isKept) keepToOneself();
        return { value, text: isKept ? text : undefined };
      },
    };
    const { value: made } = await this.#shelf.flights.get(wanted, this.#signal);
    // Who made it gets what the others get: a copy of its own, and what JSON has no word for is gone.
    const value = made.text === undefined ? made.value : parseJson(made.text);
    // oxlint-disable-next-line no-unsafe-type-assertion -- whatever is kept under a key, its tool has put there
    return value as Value;
  }

  #nameOf(key: string): string {
    this.#signal.throwIfAborted();
    if (typeof key !== 'string' || key.length < 1 || key.length > KEY_LENGTH_MAX) {
      throw new Failure('invalid', `A key of the cache has 1 to ${KEY_LENGTH_MAX} characters`);
    }
    const { schema, name } = this.#shelf;
    // Keys may tell of people, and Redis is not to know.
    return hash('sha256', JSON.stringify([schema, name, this.#ownerOf(), key]), 'base64url');
  }
}

/** What one tool keeps for a caller, and for all. */
class OwnCache extends OwnedCache implements ToolCache {
  readonly shared: Cache;

  constructor(shelf: Shelf, principal: Principal, signal: AbortSignal) {
    super(shelf, () => identityOf(principal), signal);
    // No identity is written like this.
    this.shared = new OwnedCache(shelf, () => 'all', signal);
  }
}

function checkTtl(ttlMs: number): void {
  if (Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= TTL_MS_MAX) return;
  throw new Failure('invalid', `A value is kept for 1 to ${TTL_MS_MAX} ms`);
}

function isSmall(text: string): boolean {
  return Buffer.byteLength(text) <= VALUE_BYTES_MAX;
}

/** Throws a `Failure` (`invalid`) if a value has no JSON. */
function jsonOf(value: unknown): string {
  try {
    assertJson(value);
  } catch (error) {
    throw noJson(error);
  }
  // The library's type says otherwise, but of functions and symbols there is none.
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw noJson();
  return text;
}

function noJson(cause?: unknown): Failure {
  return new Failure('invalid', 'A value in the cache has to be JSON', { cause });
}

import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';

import { buildConnector, type Dispatcher, Pool } from 'undici';

import { Share } from '../../shared/share.ts';
import { type AddressGuard, createAddressGuard } from './address-guard.ts';
import { FORBIDDEN_ADDRESS } from './fetch-failure.ts';
import type { Outgoing } from './outgoing.ts';

/** An address that a name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds all addresses of a name. */
export type Resolve = (name: string) => Promise<readonly ResolvedAddress[]>;

/** Whoever is not there by then does not answer within the time of a request either. */
const CONNECT_MS = 5_000;
/** What Node takes as a server. */
const HEADER_BYTES_MAX = 16_384;
/** Servers that connections are kept to. The one that was asked longest ago makes room. */
const ORIGINS_MAX = 64;
/** As many as all tools ask at once: with less, one would wait for another at the server that both ask. */
const CONNECTIONS_OF_ORIGIN_MAX = 128;
/** Less than most servers wait, so that we do not ask where they have just closed. */
const IDLE_MS = 4_000;
const IDLE_MS_MAX = 30_000;
/** A name that is not answered keeps a thread for long, and Node has few. Whoever waits for it gives up with its connection. */
const LOOKUPS_MAX = 4;

/**
 * Connections to other servers. A name is resolved once for each, and all its addresses are looked at before one of
 * these very addresses is connected to: what the name stands for a moment later matters to the next one only.
 */
export class Connections implements AsyncDisposable {
  readonly #pools = new Map<string, Pool>();
  readonly #guard: AddressGuard;
  readonly #resolve: Resolve;
  readonly #lookups = new Share(LOOKUPS_MAX, 'names');
  /** Those that are looked up now. */
  readonly #found = new Map<string, Promise<readonly ResolvedAddress[]>>();
  /** Who asked last where a name is to be found, and pays for the look-up. */
  readonly #askers = new Map<string, Share>();
  readonly #connect: buildConnector.connector;

  constructor(allowed: readonly string[], resolve: Resolve = resolveAll) {
    this.#guard = createAddressGuard(allowed);
    this.#resolve = resolve;
    const connect = buildConnector({
      // One connection for what belongs to several names is not what was looked at.
      allowH2: false,
      timeout: CONNECT_MS,
      lookup: lookupOf((name) => this.#findAllowed(name)),
    });
    this.#connect = (options, callback) => {
      // An address is not looked up.
      const isForbidden =
        isIP(options.hostname) !== 0 && !this.#guard(options.hostname, options.hostname);
      if (isForbidden) callback(forbidden(), null);
      else connect(options, callback);
    };
  }

  /**
   * Asks, and resolves when the answer begins. Whoever calls reads its body, or disposes of it. No redirect is followed.
   * `lookups` is what who asks may look up at once.
   */
  async ask(
    { url, ...request }: Outgoing,
    lookups: Share,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const { origin, hostname: name } = url;
    this.#askers.set(name, lookups);
    try {
      const path = `${url.pathname}${url.search}`;
      return await this.#poolOf(origin).request({ ...request, path, signal });
    } finally {
      if (this.#askers.get(name) === lookups) this.#askers.delete(name);
    }
  }

  /** Ends what is asked still. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pools.values().map((pool) => pool.destroy()));
  }

  #poolOf(origin: string): Pool {
    const known = this.#pools.get(origin);
    const pool = known ?? this.#open(origin);
    // Their order is that in which they were asked.
    this.#pools.delete(origin);
    this.#pools.set(origin, pool);
    const [oldest] = this.#pools;
    if (this.#pools.size > ORIGINS_MAX && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      // It closes when what it is asked now is answered. That is bounded, and of no interest here.
      oldest[1].close().catch(() => undefined);
    }
    return pool;
  }

  #open(origin: string): Pool {
    return new Pool(origin, {
      connect: this.#connect,
      connections: CONNECTIONS_OF_ORIGIN_MAX,
      maxHeaderSize: HEADER_BYTES_MAX,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS_MAX,
      // Whoever asks has a time of its own for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** One address that is forbidden forbids them all: a name that has both kinds was made to be misread. */
  async #findAllowed(name: string): Promise<readonly ResolvedAddress[]> {
    const found = this.#found.get(name) ?? this.#find(name);
    this.#found.set(name, found);
    try {
      const addresses = await found;
      const areAllowed = addresses.every(({ address }) => this.#guard(name, address));
      if (areAllowed) return addresses;
      throw forbidden();
    } finally {
      this.#found.delete(name);
    }
  }

  async #find(name: string): Promise<readonly ResolvedAddress[]> {
    using taken = new DisposableStack();
    // Who waits for it may have gone, and others come: it has no signal but the patience of the shares.
    const { signal } = new AbortController();
    const ofOne = this.#askers.get(name);
    if (ofOne !== undefined) taken.use(await ofOne.take(signal));
    taken.use(await this.#lookups.take(signal));
    return await this.#resolve(name);
  }
}

/** As all programs of this machine do: with its list of hosts, and the domains it searches. */
const resolveAll: Resolve = (name) => lookup(name, { all: true, order: 'verbatim' });

function lookupOf(find: Resolve): LookupFunction {
  const findOf = callbackify(find);
  return (name, { all }, callback) => {
    findOf(name, (error, found) => {
      const [first] = found ?? [];
      if (error !== null) callback(error, '');
      else if (first === undefined) callback(forbidden(), '');
      else if (all === true) callback(null, [...found]);
      else callback(null, first.address, first.family);
    });
  };
}

function forbidden(): Error {
  return Object.assign(new Error('The address is forbidden'), { code: FORBIDDEN_ADDRESS });
}

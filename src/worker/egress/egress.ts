import { codeOf, Failure } from '../../shared/errors.ts';
import { Share } from '../../shared/share.ts';
import { MIB } from '../../shared/validators.ts';
import type { FetchOptions, FetchSource } from '../domain/fetch.ts';
import { type Deadline, inTime } from '../domain/in-time.ts';
import type { Connections, Resolve } from './connections.ts';
import { FetchFailure, type FetchOutcome, FORBIDDEN_ADDRESS } from './fetch-failure.ts';
import { discard, readIncoming } from './incoming.ts';
import { findNext, type Outgoing, outgoingOf } from './outgoing.ts';

export interface EgressOptions {
  /** Names, addresses and networks that may be asked though they are not public. */
  readonly allowed: readonly string[];
  /** Told how each request ended. */
  readonly onFetched: (outcome: FetchOutcome) => void;
  /** The machine's own way, if absent. */
  readonly resolve?: Resolve;
}

/** What one tool may take at once. */
interface Shares {
  readonly requests: Share;
  readonly lookups: Share;
}

type Ask = (outgoing: Outgoing) => ReturnType<Connections['ask']>;

/** Requests that are under way at once, of all tools of a worker. Each may hold a body in memory. */
const REQUESTS_MAX = 128;
/** Those of one tool, so that one that asks slow servers leaves room for others. */
const REQUESTS_OF_ONE_MAX = 64;
/** Of one tool: names that are not answered keep it from others of its own. */
const LOOKUPS_OF_ONE_MAX = 1;
const REDIRECTS_MAX = 3;
const TIMEOUT_MS = 10_000;
const TIMEOUT_MS_MAX = 600_000;
const BYTES_MAX = MIB;
/** What a tool may ask for. */
const BYTES_MAX_MAX = 16 * MIB;
const WHAT = 'other servers';

/**
 * The way of a worker's tools to other servers. What it takes is loaded when the first of them asks. No proxy of the environment is
 * used: it would look up names by itself.
 */
export class Egress implements AsyncDisposable {
  readonly #options: EgressOptions;
  readonly #ofAll = new Share(REQUESTS_MAX, WHAT);
  #connections: Promise<Connections> | undefined;

  constructor(options: EgressOptions) {
    this.#options = options;
  }

  /** Makes the way of one tool. */
  source(): FetchSource {
    const ofOne: Shares = {
      requests: new Share(REQUESTS_OF_ONE_MAX, WHAT),
      lookups: new Share(LOOKUPS_OF_ONE_MAX, 'names'),
    };
    return {
      during: (signal) => (url, options) =>
        this.#count(() => this.#fetch(url, options ?? {}, ofOne, signal)),
    };
  }

  /** Ends what is asked still. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#connections)?.[Symbol.asyncDispose]();
  }

  async #count(fetch: () => Promise<Response>): Promise<Response> {
    const { onFetched } = this.#options;
    try {
      const response = await fetch();
      onFetched(outcomeOf(response));
      return response;
    } catch (error) {
      onFetched(error instanceof FetchFailure ? error.outcome : Failure.from(error).code);
      throw error;
    }
  }

  async #fetch(
    url: string | URL,
    options: FetchOptions,
    ofOne: Shares,
    caller: AbortSignal,
  ): Promise<Response> {
    const timeoutMs = boundOf('timeoutMs', options.timeoutMs ?? TIMEOUT_MS, TIMEOUT_MS_MAX);
    const bytesMax = boundOf('bytesMax', options.bytesMax ?? BYTES_MAX, BYTES_MAX_MAX);
    const outgoing = outgoingOf(url, options);
    const { host } = outgoing.url;
    return inTime(host, timeoutMs, caller, async ({ signal }: Deadline) => {
      // Its own comes first: what waits for that does not stand in the way of others.
      using taken = new DisposableStack();
      taken.use(await ofOne.requests.take(signal));
      taken.use(await this.#ofAll.take(signal));
      const connections = await this.#open();
      const ask: Ask = (next) => connections.ask(next, ofOne.lookups, signal);
      return await follow(ask, outgoing, bytesMax, signal);
    });
  }

  #open(): Promise<Connections> {
    const { allowed, resolve } = this.#options;
    this.#connections ??= import('./connections.ts').then(
      ({ Connections: Opened }) => new Opened(allowed, resolve),
    );
    return this.#connections;
  }
}

/** Asks, and asks where that leads to, until there is an answer. */
async function follow(
  ask: Ask,
  first: Outgoing,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Response> {
  const { host } = first.url;
  let outgoing = first;
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
    const redirected = redirects > 0;
    try {
      // oxlint-disable-next-line no-await-in-loop -- where the next one goes, this one says
      const incoming = await ask(outgoing);
      const next = findNext(outgoing, incoming, host);
      if (next === undefined) {
        // oxlint-disable-next-line no-await-in-loop -- it is the last
        return await readIncoming(incoming, { outgoing, redirected, host, bytesMax });
      }
      discard(incoming);
      outgoing = next;
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, host, redirected);
    }
  }
  throw new FetchFailure('invalid', `${host} redirects more than ${REDIRECTS_MAX} times`);
}

/** What went wrong on the way is the network's, and says so. Anything else is our own bug. */
function explain(error: unknown, host: string, redirected: boolean): unknown {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  if (code === FORBIDDEN_ADDRESS) return forbidden(host, redirected);
  // Not all that is no HTTP has a code.
  const isNoHttp = error instanceof Error && error.name === 'HTTPParserError';
  if (!isNoHttp && (code === undefined || code.includes('INVALID_ARG'))) return error;
  return new Failure('unavailable', `${host} cannot be reached`, { cause: error });
}

function forbidden(host: string, redirected: boolean): FetchFailure {
  // Where it leads to, another server says.
  return redirected
    ? new FetchFailure('forbidden', `${host} redirects to where nothing may be asked`)
    : new FetchFailure(
        'forbidden',
        `${host} is at no public address, and MCP_FETCH_PRIVATE does not allow it`,
      );
}

function outcomeOf({ status }: Response): FetchOutcome {
  if (status >= 500) return 'failed_at_server';
  return status >= 400 ? 'refused_by_server' : 'ok';
}

/** A bound as a tool gave it, and no more than `max`. Throws a `RangeError` if it bounds nothing. */
function boundOf(name: string, given: number, max: number): number {
  if (given > 0) return Math.min(given, max);
  throw new RangeError(`${name} is no number above 0`);
}

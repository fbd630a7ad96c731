import { hash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { Failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/logger.ts';
import type { Admission } from '../domain/admission.ts';
import type { KeptKey, Keys } from '../domain/api-key.ts';
import type { Principal } from '../domain/principal.ts';
import { isSecret, keepSecret, parseApiKey } from './api-key.ts';
import { entriesAtMost } from './entries-at-most.ts';
import type { Standings } from './standings.ts';

export interface KeyCheckOptions {
  readonly keys: Keys;
  readonly standings: Standings;
  /** The time, in milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** How often it is asked what has changed. */
  readonly everyMs?: number;
}

/** A key, and who shows it. */
interface Known {
  readonly key: KeptKey;
  readonly caller: Principal;
}

/** How soon a key that is revoked holds no longer, at every worker. */
const EVERY_MS = 2_000;
/**
 * Changes are asked for over a longer time than has passed: a transaction takes its time from its start, and ends later; and
 * somebody may come with a ticket that was issued before its key was revoked.
 */
const OVERLAP_MS = 120_000;
/** Keys that are known here: more than any installation has. */
const KNOWN_MAX = 100_000;
/** Keys that are known to be none, so that a flood of one is no flood of questions. */
const WRONG_MAX = 10_000;
const WRONG_TTL_MS = 5_000;
/** What a secret is compared with where there is no such key: it takes as long. */
const NOBODY = keepSecret('');

/** Lets in who shows one of our keys. What was let in before is let in again without a question, also while Postgres is away. */
export class KeyCheck implements Disposable {
  readonly #options: KeyCheckOptions;
  /** By a hash of what was shown. */
  readonly #known = new LRUCache<string, Known>(entriesAtMost(KNOWN_MAX));
  readonly #wrong = new LRUCache<string, true>({
    ...entriesAtMost(WRONG_MAX),
    ttl: WRONG_TTL_MS,
  });
  readonly #asking = new Map<string, Promise<KeptKey | undefined>>();
  readonly #used = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #askedAt: number;

  constructor(options: KeyCheckOptions) {
    this.#options = options;
    this.#askedAt = performance.now();
    this.#timer = setInterval(() => {
      this.#catchUp().catch((error: unknown) => {
        // Known keys are good until it is back, and then it is asked for all that was missed.
        if (error instanceof Failure && error.code === 'unavailable') return;
        options.log.error('changes of keys were not read', { error });
      });
    }, options.everyMs ?? EVERY_MS).unref();
  }

  known(shown: string): Admission<Principal> | undefined {
    const known = this.#known.get(digestOf(shown));
    return known === undefined || this.#isOver(known.key) ? undefined : this.#admit(known);
  }

  /** Rejects with a `Failure`: `unauthorized`, the same for whatever is wrong with it, or `unavailable`. */
  async admit(shown: string): Promise<Admission<Principal>> {
    const digest = digestOf(shown);
    const known = this.#known.get(digest);
    if (known !== undefined && !this.#isOver(known.key)) return this.#admit(known);
    const key = this.#wrong.has(digest) ? undefined : await this.#find(shown);
    if (key === undefined || this.#isOver(key)) {
      this.#wrong.set(digest, true);
      throw new Failure('unauthorized', 'This key is not known here, or not any more');
    }
    const fresh = knownOf(key);
    this.#known.set(digest, fresh);
    return this.#admit(fresh);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** The key that was shown, if there is one, and its secret is right. */
  async #find(shown: string): Promise<KeptKey | undefined> {
    const parsed = parseApiKey(shown);
    if (parsed === undefined) return undefined;
    const { id, secret } = parsed;
    const asking = this.#asking.get(id) ?? this.#options.keys.find(id);
    this.#asking.set(id, asking);
    const kept = await asking.finally(() => this.#asking.delete(id));
    return isSecret(secret, kept ?? NOBODY) ? kept : undefined;
  }

  #admit({ key: { id, expiresAt }, caller }: Known): Admission<Principal> {
    this.#used.add(id);
    const credential = { id, expiresAt: expiresAt?.getTime() };
    return {
      caller,
      credential,
      ended: this.#options.standings.signalOf(id, credential.expiresAt),
    };
  }

  #isOver({ expiresAt, revokedAt }: KeptKey): boolean {
    if (revokedAt !== undefined) return true;
    return expiresAt !== undefined && expiresAt.getTime() <= this.#options.now();
  }

  /** Learns what was changed since it was last asked, and tells which keys were used meanwhile. */
  async #catchUp(): Promise<void> {
    const { keys, standings } = this.#options;
    const askedAt = performance.now();
    const changed = await keys.findChanged(askedAt - this.#askedAt + OVERLAP_MS);
    this.#askedAt = askedAt;
    if (changed.length > 0) this.#learn(new Map(changed.map((key) => [key.id, key])));
    for (const key of changed) {
      // What is let in with a ticket is known by its id alone.
      if (this.#isOver(key)) standings.end(key.id, 'This key was revoked, or has expired');
      else standings.prolong(key.id, key.expiresAt?.getTime());
    }
    const used = [...this.#used];
    this.#used.clear();
    if (used.length > 0) await keys.noteUsed(used);
  }

  #learn(changed: ReadonlyMap<string, KeptKey>): void {
    // What is set comes last again, so that the cache itself must not be what is gone through.
    for (const [digest, known] of Array.from(this.#known.entries())) {
      const key = changed.get(known.key.id);
      if (key !== undefined) this.#known.set(digest, knownOf(key));
    }
  }
}

function knownOf(key: KeptKey): Known {
  const { principal, scopes } = key;
  const held = scopes === undefined ? 'all' : new Set(scopes);
  return { key, caller: { id: `key:${principal}`, scopes: held } };
}

function digestOf(shown: string): string {
  return hash('sha256', shown, 'base64url');
}

import type { Session } from '../domain/session.ts';

/** Until it is heard that a session was changed or ended, which takes a moment, it is known as it was: for so long at most, should Redis be away. */
const KNOWN_MS = 1_000;
/** Characters of all that is known: of one, some hundred are usual. The oldest of too many goes. */
const LENGTH_MAX = 16_777_216;

interface Known {
  readonly session: Session;
  readonly length: number;
  readonly until: number;
}

/**
 * Sessions that were found a moment ago, so that who asks often is not looked up each time. Whoever changes or ends a
 * session says so to all workers, and it is forgotten.
 */
export class KnownSessions {
  readonly #lengthMax: number;
  /** The oldest is first. */
  readonly #known = new Map<string, Known>();
  #length = 0;
  /** How often something was forgotten. */
  #forgotten = 0;

  constructor(lengthMax = LENGTH_MAX) {
    this.#lengthMax = lengthMax;
  }

  /** Nothing, too, if it is of another principal. */
  find(id: string, principal: string): Session | undefined {
    const known = this.#known.get(id);
    if (known === undefined || known.until <= performance.now()) return undefined;
    return known.session.principal === principal ? known.session : undefined;
  }

  /** Knows what `read` resolves with, unless it may be older than something that was heard meanwhile. */
  async learn(read: Promise<Session | undefined>): Promise<Session | undefined> {
    const before = this.#forgotten;
    const session = await read;
    if (session !== undefined && this.#forgotten === before) this.#keep(session);
    return session;
  }

  /** It was changed, or ended. */
  forget(id: string): void {
    this.#forgotten += 1;
    this.#drop(id);
  }

  /** Any of them may have been. */
  forgetAll(): void {
    this.#forgotten += 1;
    this.#known.clear();
    this.#length = 0;
  }

  #keep(session: Session): void {
    const now = performance.now();
    const { length } = JSON.stringify(session);
    this.#drop(session.id);
    this.#known.set(session.id, { session, length, until: now + KNOWN_MS });
    this.#length += length;
    for (const [id, { until }] of this.#known) {
      if (this.#length <= this.#lengthMax && until > now) return;
      this.#drop(id);
    }
  }

  #drop(id: string): void {
    this.#length -= this.#known.get(id)?.length ?? 0;
    this.#known.delete(id);
  }
}

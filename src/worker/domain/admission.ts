/** What somebody showed, as far as it may be known: never the secret in it. */
interface Credential {
  /** Tells it from others: the id of a key, or a hash of a token. */
  readonly id: string;
  /** Milliseconds since 1970. Absent where it holds until it is revoked. */
  readonly expiresAt: number | undefined;
}

/** Somebody who was let in, and for how long. */
export interface Admission<Caller> {
  readonly caller: Caller;
  /** Absent where nobody has to show anything. */
  readonly credential: Credential | undefined;
  /**
   * Aborted when what was shown no longer holds: it expired, or was revoked. Costs nothing to ask, so that it is asked
   * before every message. The reason is a `Failure` (`unauthorized`).
   */
  readonly ended: AbortSignal;
}

/** The signal of those whom nobody sends away. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Tells the workers of all machines that share our Redis something. What was said while a worker was away from Redis it never hears, only that it was away. */
export interface Bus {
  /** Resolves with whether it is on its way. While Redis is away it is not. */
  publish(topic: string, message: object): Promise<boolean>;
  /**
   * `heed` is called for whatever is said from now on, also by this worker, until what this resolves with is disposed of;
   * `missed`, when Redis is back and something may have been said meanwhile.
   */
  listen(topic: string, heed: (message: unknown) => void, missed?: () => void): Promise<Disposable>;
}

/** The workers that there are, as they know of each other. */
export interface Workers {
  /** This one, unlike any that ever was. */
  readonly self: string;
  /** Whether one still runs. Where Redis is away it is not known. */
  isAlive(worker: string): Promise<boolean | undefined>;
}

/** What was appended to a log. */
export interface LogEntry {
  /** Of this log. Later entries have greater ones, whoever appended them; compare with `isAfter`. */
  readonly id: string;
  readonly message: unknown;
}

/** Logs that are kept for a while, so that who lost its connection can be told what it missed, by any worker. */
export interface EventLog {
  /** Resolves with the entry's id, or with nothing while Redis is away. The oldest of too many entries go. */
  append(log: string, message: object): Promise<string | undefined>;
  /**
   * Calls `heed` for each entry after that one, in order and once, and then for each that comes, until disposed of.
   * From the beginning if no id is given. Throws a `Failure` (`unavailable`) while Redis is away.
   */
  follow(
    log: string,
    after: string | undefined,
    heed: (entry: LogEntry) => void,
  ): Promise<Disposable>;
}

/** Things that one at a time may have, at whichever worker. */
export interface Leases {
  /**
   * Takes one for as long as what this resolves with is not disposed of. Nothing, if another has it and it is not to
   * be taken away. `lost` is called once if it is taken away from us. While Redis is away everybody has it.
   */
  take(
    name: string,
    options: { readonly takeAway: boolean; readonly lost: () => void },
  ): Promise<AsyncDisposable | undefined>;
}

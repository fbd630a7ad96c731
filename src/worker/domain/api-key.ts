/** What is kept of an API key. The secret itself is kept nowhere. */
export interface KeptKey {
  readonly id: string;
  /** Who shows it. */
  readonly principal: string;
  readonly salt: Buffer;
  readonly hash: Buffer;
  /** Nothing: everything. */
  readonly scopes: readonly string[] | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly revokedAt: Date | undefined;
  readonly lastUsedAt: Date | undefined;
}

/** Keys, as a worker asks for them. Each throws a `Failure` (`unavailable`) while Postgres is away. */
export interface Keys {
  find(id: string): Promise<KeptKey | undefined>;
  /** Those that changed in the last `withinMs`, by the clock of the store. */
  findChanged(withinMs: number): Promise<readonly KeptKey[]>;
  /** Keeps that these were used: of each it is known to the minute. */
  noteUsed(ids: readonly string[]): Promise<void>;
}

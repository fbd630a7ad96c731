/** What a token is for. It opens for nothing else. */
export interface Bond {
  readonly purpose: 'cursor' | 'request-state';
  /** What has to be the same when it comes back: who it was given to, and for what. */
  readonly to: string;
}

/** What tokens are sealed with. */
export interface SealKey {
  readonly id: bigint;
  readonly secret: Uint8Array;
}

/** Makes tokens that others keep for us: nobody else can read or change them, and every worker can open them. */
export interface Seal {
  /** `content` is JSON. Without `ttlMs` it opens for ever, or until the key is retired. */
  close(content: unknown, bond: Bond, ttlMs?: number): string;
  /** Nothing, if it is not one of ours, was changed, is of another bond, or is too old. Never throws. */
  open(token: string, bond: Bond): unknown;
}

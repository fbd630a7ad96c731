import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

import { Failure } from '../../shared/errors.ts';
import type { Bond, Seal, SealKey } from '../domain/seal.ts';

/** The longest token that is looked at, and that is made. */
const TOKEN_LENGTH_MAX = 65_536;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const KEY_ID_BYTES = 8;
/** Drawn at random, it is unlike all others under one key for 2³² tokens (NIST SP 800-38D, 8.3): keys have to be rotated before. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = KEY_ID_BYTES + NONCE_BYTES;

/** The keys of all workers. */
interface SealKeys {
  /** What new tokens are sealed with. */
  readonly sealing: SealKey;
  /** One that opens tokens. Must not throw. */
  find(id: bigint): SealKey | undefined;
}

export interface SealOptions {
  readonly keys: SealKeys;
  /** The time, in milliseconds since 1970: tokens travel between machines. */
  readonly now: () => number;
}

/**
 * Seals with AES-256-GCM under a key of the purpose's own: the number of the key and the nonce in
 * front, then what is sealed, as base64url. The bond is authenticated, and not in the token.
 */
export class AeadSeal implements Seal {
  readonly #options: SealOptions;
  /** Keys of purposes, for as long as the ring holds what they were derived from. */
  readonly #derived = new WeakMap<SealKey, Map<Bond['purpose'], Buffer>>();

  constructor(options: SealOptions) {
    this.#options = options;
  }

  /** Throws a `Failure` (`limited`) if the token would be too long to come back. */
  close(content: unknown, bond: Bond, ttlMs?: number): string {
    const { keys, now } = this.#options;
    const key = keys.sealing;
    const until = ttlMs === undefined ? null : now() + ttlMs;
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeBigUInt64BE(key.id);
    const nonce = randomBytes(NONCE_BYTES);
    nonce.copy(head, KEY_ID_BYTES);
    const cipher = createCipheriv(CIPHER, this.#derive(key, bond.purpose), nonce, {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(authenticated(head, bond));
    const sealed = [cipher.update(JSON.stringify([until, content]), 'utf8'), cipher.final()];
    const token = Buffer.concat([head, ...sealed, cipher.getAuthTag()]).toString('base64url');
    if (token.length <= TOKEN_LENGTH_MAX) return token;
    throw new Failure('limited', 'This is too much to be kept in a token');
  }

  open(token: string, bond: Bond): unknown {
    if (token.length > TOKEN_LENGTH_MAX) return undefined;
    const bytes = Buffer.from(token, 'base64url');
    // Decoding passes over what does not belong: no two texts shall be one token.
    if (bytes.length < HEAD_BYTES + TAG_BYTES || bytes.toString('base64url') !== token) {
      return undefined;
    }
    const key = this.#options.keys.find(bytes.readBigUInt64BE());
    const text = key && this.#decipher(bytes, key, bond);
    if (text === undefined) return undefined;
    // Whoever holds the key wrote it, and nobody else does.
    const [until, content]: readonly [number | null, unknown] = JSON.parse(text);
    return until === null || this.#options.now() < until ? content : undefined;
  }

  #decipher(bytes: Buffer, key: SealKey, bond: Bond): string | undefined {
    const head = bytes.subarray(0, HEAD_BYTES);
    const nonce = head.subarray(KEY_ID_BYTES);
    const decipher = createDecipheriv(CIPHER, this.#derive(key, bond.purpose), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(authenticated(head, bond));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES));
    try {
      return Buffer.concat([opened, decipher.final()]).toString('utf8');
    } catch {
      // It throws where the tag does not fit, and for nothing else.
      return undefined;
    }
  }

  #derive(key: SealKey, purpose: Bond['purpose']): Buffer {
    const known = this.#derived.get(key) ?? new Map<Bond['purpose'], Buffer>();
    this.#derived.set(key, known);
    const derived =
      known.get(purpose) ??
      Buffer.from(hkdfSync('sha256', key.secret, '', `holdfast ${purpose}`, KEY_BYTES));
    known.set(purpose, derived);
    return derived;
  }
}

/** What has to be the same when the token comes back. As JSON, no two bonds look alike. */
function authenticated(head: Buffer, { purpose, to }: Bond): Buffer {
  return Buffer.concat([head, Buffer.from(JSON.stringify([purpose, to]))]);
}

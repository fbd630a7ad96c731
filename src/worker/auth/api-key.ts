import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A key as it is shown, in its parts. */
export interface ApiKey {
  /** Tells it from other keys, and is no secret. */
  readonly id: string;
  readonly secret: string;
}

/** What is kept of a key. */
export interface KeptSecret {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** So that whoever finds one knows what it is, and so do programs that look for secrets where none should be. */
const PREFIX = 'hf_live_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 190 bits: too many to try, with whatever hash, so that a fast one does. */
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const KEY = new RegExp(
  `^${PREFIX}([0-9A-Za-z]{${ID_LENGTH}})([0-9A-Za-z]{${SECRET_LENGTH}})([0-9A-Za-z]{${CHECKSUM_LENGTH}})$`,
);
const BEGINNING = new RegExp(`^${PREFIX}[0-9A-Za-z]{${ID_LENGTH}}`);
const SALT_BYTES = 32;
/** The largest multiple of the alphabet's length that a byte can be below: what is above would favour some letters. */
const FAIR_MAX = 248;

/** Makes a key that nobody can guess. It is one word, which a double click selects. */
export function makeApiKey(): ApiKey & { readonly text: string } {
  const id = draw(ID_LENGTH);
  const secret = draw(SECRET_LENGTH);
  return { id, secret, text: `${PREFIX}${id}${secret}${checksumOf(id, secret)}` };
}

/** Reads a key; nothing, if it is none: what was cut off or mistyped is found out here, without a look into any store. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [, id, secret, checksum] = KEY.exec(text) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  return checksumOf(id, secret) === checksum ? { id, secret } : undefined;
}

/** As much of what was shown as tells one key from another, and nothing of what is secret in it; nothing, if it does not even look like one. */
export function beginningOf(text: string): string | undefined {
  return BEGINNING.exec(text)?.[0];
}

/** What is to be kept of a new key. */
export function keepSecret(secret: string): KeptSecret {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: hashOf(secret, salt) };
}

/** Whether a secret is the one that is kept. Takes as long for the first letter that is wrong as for the last. */
export function isSecret(secret: string, { salt, hash }: KeptSecret): boolean {
  return timingSafeEqual(hashOf(secret, salt), hash);
}

function hashOf(secret: string, salt: Buffer): Buffer {
  return createHmac('sha256', salt).update(secret).digest();
}

function draw(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_MAX && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

function checksumOf(id: string, secret: string): string {
  let rest = crc32(`${PREFIX}${id}${secret}`);
  let text = '';
  while (text.length < CHECKSUM_LENGTH) {
    text = `${ALPHABET[rest % ALPHABET.length]}${text}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

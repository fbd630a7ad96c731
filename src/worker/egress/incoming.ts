import { pipeline, type Readable } from 'node:stream';
import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  type Gunzip,
} from 'node:zlib';

import type { Dispatcher } from 'undici';

import { codeOf, Failure } from '../../shared/errors.ts';
import { FetchFailure } from './fetch-failure.ts';
import type { Outgoing } from './outgoing.ts';

type Decoder = Gunzip | BrotliDecompress;

/** Statuses of answers without a body (Fetch, null body status). */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
/** Those that we say we can read. */
const DECODERS: ReadonlyMap<string, () => Decoder> = new Map<string, () => Decoder>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['br', createBrotliDecompress],
]);
/** Ways to say that a body is as it is. */
const PLAIN: ReadonlySet<string> = new Set(['', 'identity']);
/** What is said of a body as it was on the way. */
const OF_THE_WAY: ReadonlySet<string> = new Set(['content-encoding', 'content-length']);

/** What is known of how an answer was come by. */
export interface Asked {
  /** The request that it answers, after all redirects. */
  readonly outgoing: Outgoing;
  readonly redirected: boolean;
  /** The host that was asked first: the only one that is named. */
  readonly host: string;
  readonly bytesMax: number;
}

/**
 * Reads an answer whole. Throws a `Failure`: `invalid` where it is larger than it may be, which is found out while it is
 * decompressed; `unavailable` where it is none.
 */
export async function readIncoming(
  incoming: Dispatcher.ResponseData,
  { outgoing: { url, method }, redirected, host, bytesMax }: Asked,
): Promise<Response> {
  const { statusCode: status, headers, body } = incoming;
  const hasBody = method !== 'HEAD' && !WITHOUT_BODY.has(status);
  const encoding = String(headers['content-encoding'] ?? '').toLowerCase();
  const decode = hasBody ? DECODERS.get(encoding) : undefined;
  const isReadable = !hasBody || PLAIN.has(encoding) || decode !== undefined;
  const isPlain = hasBody && decode === undefined;
  try {
    // A class of statuses that there is not is no answer that a tool could read.
    if (!isReadable || status > 599) {
      throw new Failure('unavailable', `${host} answered in a way that is not understood`);
    }
    if (isPlain && Number(headers['content-length']) > bytesMax) throw tooLarge(host, bytesMax);
    const bytes = await readBytes(body, decode, bytesMax);
    if (bytes === undefined) throw tooLarge(host, bytesMax);
    const response = new Response(hasBody ? bytes : null, { status, headers: headersOf(headers) });
    return Object.defineProperties(response, {
      url: { value: url.href },
      redirected: { value: redirected },
    });
  } finally {
    discard(incoming);
  }
}

/** Leaves unread what was not read of an answer: whoever sends it may take long. */
export function discard({ body }: Dispatcher.ResponseData): void {
  // That it was left is told as an error.
  body.on('error', () => undefined).destroy();
}

/** All of a body; nothing if there is more than that. */
async function readBytes(
  body: Readable,
  decode: (() => Decoder) | undefined,
  bytesMax: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const decoder = decode?.();
  // What goes wrong in either is thrown by what is read.
  const source = decoder === undefined ? body : pipeline(body, decoder, () => undefined);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    // oxlint-disable-next-line no-unsafe-type-assertion -- streams that were not told otherwise are of bytes
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) return undefined;
      chunks.push(chunk);
    }
  } catch (error) {
    // Some say of no body that it is compressed.
    const isNone = codeOf(error) === 'Z_BUF_ERROR' && decoder?.bytesWritten === 0;
    if (!isNone) throw error;
  }
  return Buffer.concat(chunks);
}

function headersOf(given: Dispatcher.ResponseData['headers']): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(given)) {
    if (values === undefined || OF_THE_WAY.has(name)) continue;
    for (const value of [values].flat()) headers.append(name, value);
  }
  return headers;
}

function tooLarge(host: string, bytesMax: number): FetchFailure {
  return new FetchFailure('too_large', `${host} answered with over ${bytesMax} bytes`);
}

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

import { Failure } from '../../shared/errors.ts';

const NOTHING = Buffer.alloc(0);

/** Reads a body of text. Throws a `Failure`: `limited` if it is larger than it may be, `invalid` if it is not UTF-8, `cancelled` if it breaks off. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  const bytesSaid = Number(request.headers['content-length'] ?? 0);
  if (bytesSaid > bytesMax) throw tooLarge(bytesMax);
  const body = findWhole(request, bytesMax) ?? (await collect(request, bytesSaid, bytesMax));
  if (!isUtf8(body)) throw new Failure('invalid', 'The body is not UTF-8');
  // A mark of the byte order is no JSON (RFC 8259 §8.1), and left for the parser to find.
  return body.toString('utf8');
}

/** What came together with its head is there already, as most bodies are. */
function findWhole(request: IncomingMessage, bytesMax: number): Buffer | undefined {
  if (!request.complete) return undefined;
  if (request.readableLength > bytesMax) throw tooLarge(bytesMax);
  const body: Buffer | null = request.read();
  return body ?? NOTHING;
}

function collect(request: IncomingMessage, bytesSaid: number, bytesMax: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  let body: Buffer = NOTHING;
  let bytes = 0;
  const heed = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      // What is still to come is not read.
      request.off('data', heed).pause();
      reject(tooLarge(bytesMax));
      return;
    }
    // All in one: nearly every body is, and is copied nowhere.
    if (chunk.length === bytesSaid) {
      body = chunk;
      return;
    }
    if (bytes > body.length) body = enlarge(body, bytes);
    chunk.copy(body, bytes - chunk.length);
  };
  request.on('data', heed);
  request.on('end', () => {
    resolve(body.subarray(0, bytes));
  });
  request.on('close', () => {
    if (!request.readableEnded) reject(new Failure('cancelled', 'The body broke off'));
  });
  return promise;
}

/** Chunks are copied, not kept: one of a single byte would hold on to a hundred. */
function enlarge(body: Buffer, bytesNeeded: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(bytesNeeded, body.length * 2));
  body.copy(larger);
  return larger;
}

function tooLarge(bytesMax: number): Failure {
  return new Failure('limited', `A body has ${bytesMax} bytes at most`);
}

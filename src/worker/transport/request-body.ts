import type { IncomingMessage } from 'node:http';

import { Failure } from '../../shared/errors.ts';

/** Reads a body of text. Throws a `Failure`: `limited` if it is larger than it may be, `invalid` if it is not UTF-8, `cancelled` if it breaks off. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<string> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  let body = Buffer.alloc(0);
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!(chunk instanceof Buffer)) throw new TypeError('A body without an encoding is bytes');
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      if (bytes > body.length) body = enlarge(body, bytes);
      chunk.copy(body, bytes - chunk.length);
    }
  } catch (error) {
    if (error instanceof Failure || error instanceof TypeError) throw error;
    throw new Failure('cancelled', 'The body broke off', { cause: error });
  }
  try {
    // A mark of the byte order is no JSON (RFC 8259 §8.1), and left for the parser to find.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      body.subarray(0, bytes),
    );
  } catch (error) {
    throw new Failure('invalid', 'The body is not UTF-8', { cause: error });
  }
}

/** Chunks are copied, not kept: one of a single byte would hold on to a hundred. */
function enlarge(body: Buffer<ArrayBuffer>, bytesNeeded: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(bytesNeeded, body.length * 2));
  body.copy(larger);
  return larger;
}

function tooLarge(bytesMax: number): Failure {
  return new Failure('limited', `A body has ${bytesMax} bytes at most`);
}

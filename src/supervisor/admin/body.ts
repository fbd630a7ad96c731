import type { IncomingMessage } from 'node:http';

const BODY_BYTES_MAX = 4_096;

/** Reads the body of a request; nothing if it is larger than any order. */
export async function findBody(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return undefined;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // What is left of it is read and thrown away by Node, within the time of the request.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

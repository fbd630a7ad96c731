import type { Duplex } from 'node:stream';

import { codeOf } from './errors.ts';
import { refuseUpgrade } from './problem.ts';

const MALFORMED: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The body says more of itself than it holds'],
};

/** Answers what is no request, and closes: where the next one would begin is anybody's guess. For `clientError` of a server. */
export function refuseMalformed(error: Error, socket: Duplex): void {
  const [status, detail] = MALFORMED[codeOf(error) ?? ''] ?? [400, 'This is no request'];
  // Half an answer may be on its way, which a second one would garble.
  if (!socket.writable || ('bytesWritten' in socket && socket.bytesWritten !== 0)) {
    socket.destroy();
    return;
  }
  refuseUpgrade(socket, status, detail);
}

import { once } from 'node:events';
import type { Server } from 'node:net';

import { codeOf, Failure } from './errors.ts';

/** Makes a server listen. Throws a `Failure` that says what to do where the address is taken, or is none of ours. */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw explainListening(error, host, port);
  }
}

function explainListening(error: unknown, host: string, port: number): unknown {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return new Failure(
        'unavailable',
        `Port ${port} of ${host} is taken by another program. Stop it, or set another MCP_PORT.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Failure(
        'invalid',
        `Port ${port} of ${host} cannot be used (${code}). Set MCP_HOST and MCP_PORT to an address of this machine.`,
        { cause: error },
      );
    default:
      return error;
  }
}

import { once } from 'node:events';
import type { Server } from 'node:net';

import { codeOf, Failure } from './errors.ts';

/**
 * Makes a server listen. Throws a `Failure` that says what to do where the address is taken, or is
 * none of ours: `variables` is what the names of its settings begin with.
 */
export async function listen(
  server: Server,
  host: string,
  port: number,
  variables: 'MCP' | 'MCP_ADMIN' = 'MCP',
): Promise<void> {
  try {
    await once(server.listen(port, host), 'listening');
  } catch (error) {
    throw explainListening(error, `Port ${port} of ${host}`, variables);
  }
}

function explainListening(error: unknown, what: string, variables: string): unknown {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return new Failure(
        'unavailable',
        `${what} is taken by another program. Stop it, or set another ${variables}_PORT.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Failure(
        'invalid',
        `${what} cannot be used (${code}). Set ${variables}_HOST and ${variables}_PORT to an address of this machine.`,
        { cause: error },
      );
    default:
      return error;
  }
}

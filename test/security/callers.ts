/** Who calls, in tests of who may. */
import { WebSocket } from 'ws';
import { z } from 'zod';

import { defineTool } from '../../src/worker/tools/tool.ts';

export const whoami = defineTool({
  name: 'whoami',
  description: 'Says who calls.',
  input: z.object({}),
  run: async (_given, { principal }) => principal.id,
});
export const waits = defineTool({
  name: 'waits',
  description: 'Waits until it is aborted.',
  input: z.object({}),
  run: (_given, { signal }) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason);
      });
    }),
});

/** How an upgrade is answered: the socket, or the refusal in plain HTTP. */
export async function upgrade(port: number, path: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, 'mcp', { headers });
  socket.on('error', () => undefined);
  return new Promise<{ socket?: WebSocket; status: number; challenge?: string | undefined }>(
    (resolve) => {
      socket.once('open', () => {
        resolve({ socket, status: 101 });
      });
      socket.once('unexpected-response', (_request, response) => {
        response.resume();
        const challenge = response.headers['www-authenticate'];
        resolve({ status: response.statusCode ?? 0, challenge });
      });
    },
  );
}

/** What shows a key or a token. */
export const bearing = (shown: string): { authorization: string } => ({
  authorization: `Bearer ${shown}`,
});

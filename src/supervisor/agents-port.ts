import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../shared/errors.ts';
import { listen } from '../shared/listen.ts';
import type { Logger } from '../shared/logger.ts';

export interface FindPortOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly attemptsMax: number;
  /** The wait before the second attempt; it doubles with each. */
  readonly backoffMs: number;
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/**
 * Makes sure that the port is free before anything is set up: a worker could only say the same, later.
 * A predecessor may be leaving, so that one that is taken is tried again. Returns the port: all workers
 * have to use the same one, and later ones too.
 */
export async function findAgentsPort(options: FindPortOptions): Promise<number> {
  const { host, port, attemptsMax, backoffMs, stopping, log } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryPort(host, port);
    } catch (error) {
      const isTaken = error instanceof Failure && error.code === 'unavailable';
      if (!isTaken || attempt === attemptsMax) throw error;
      const nextInMs = backoffMs * 2 ** (attempt - 1);
      log.warn('port is taken, and tried again', { host, port, attempt, nextInMs });
      await sleep(nextInMs, undefined, { signal: stopping }).catch(() => undefined);
      // Nobody will listen there any more.
      if (stopping.aborted) return port;
    }
  }
}

async function tryPort(host: string, port: number): Promise<number> {
  const server = createServer();
  await listen(server, host, port);
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : port;
}

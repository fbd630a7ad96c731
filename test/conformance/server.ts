/** The real thing, with the tools, resources and prompts that the suite asks for. */
import { join } from 'node:path';

import { createDatabase } from '../postgres.ts';
import { type LogLine, startHoldfast, suiteServers } from '../process/holdfast.ts';

const FIXTURE = join(import.meta.dirname, 'fixture');

export interface Served extends AsyncDisposable {
  readonly ports: readonly number[];
  /** What should not have happened, in the words of the log. */
  readonly errors: () => readonly LogLine[];
}

export interface ServeOptions {
  readonly servers: number;
  /** Of each server. */
  readonly workers: number;
}

/** Starts servers that share a database of their own, and Redis. */
export async function serve({ servers, workers }: ServeOptions): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createDatabase());
  const started = Array.from({ length: servers }, () =>
    opened.use(
      startHoldfast({
        env: {
          ...suiteServers(database.url),
          MCP_TOOLS: FIXTURE,
          MCP_WORKERS: String(workers),
        },
      }),
    ),
  );
  const ports = await Promise.all(started.map(({ serving }) => serving));
  const kept = opened.move();
  return {
    ports,
    errors: () => started.flatMap(({ log }) => log().filter(({ level }) => level === 'error')),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

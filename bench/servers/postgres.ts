/** A real Postgres for what is measured, beside the servers: what it uses itself is not counted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedPostgres } from '../../src/supervisor/embedded/postgres.ts';
import { EmbeddedRecord } from '../../src/supervisor/embedded/record.ts';
import { StateFolder } from '../../src/supervisor/state-folder.ts';

const CONNECTIONS_MAX = 100;

/** Starts an empty Postgres in a folder of its own, which goes with it. */
export async function startPostgres(): Promise<AsyncDisposable & { readonly url: string }> {
  const opened = new AsyncDisposableStack();
  const path = mkdtempSync(join(tmpdir(), 'holdfast-bench-postgres-'));
  opened.defer(() => {
    rmSync(path, { recursive: true, force: true });
  });
  const stateFolder = opened.use(new StateFolder(path)).path;
  const postgres = await EmbeddedPostgres.prepare({
    stateFolder,
    record: new EmbeddedRecord(stateFolder),
    connectionsMax: CONNECTIONS_MAX,
    durable: false,
  });
  const server = await postgres.start();
  opened.defer(() => postgres.stop(server));
  return { url: postgres.url, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { bootstrapKey } from './bootstrap-key.ts';
import { lockMigrations, migrateHoldfast, migrateSchema } from './store/migrate.ts';
import { openClient } from './store/pool.ts';
import { ClientDatabase, enterSchema } from './store/tool-database/client-database.ts';
import { loadSetup } from './tools/load/module.ts';
import type { ToolSource } from './tools/load/source.ts';

export interface PrepareToolsOptions {
  readonly url: NonNullable<Config['databaseUrl']>;
  readonly sources: readonly ToolSource[];
  readonly log: Logger;
  /** Told what comes next. */
  readonly enter: (phase: 'waiting-for-migration' | 'migrating' | 'setup') => void;
  /** Shows how far a set-up is. */
  readonly showProgress: (schema: string, done: number, total: number) => void;
}

export interface PrepareOptions extends PrepareToolsOptions {
  readonly version: string;
  /** Where the first key is, or is to be. */
  readonly bootstrapTokenFile?: string | undefined;
}

type Client = Awaited<ReturnType<typeof openClient>>;

/**
 * What the canary does before any worker serves: brings our schema and those of the tools up to
 * date, and lets each folder of tools set itself up. Whoever else starts at the same time waits.
 */
export function prepareDatabases(options: PrepareOptions): Promise<void> {
  const { version, bootstrapTokenFile, log } = options;
  return prepare(options, async (client) => {
    await migrateHoldfast(client, version, log);
    if (bootstrapTokenFile !== undefined) await bootstrapKey(client, bootstrapTokenFile, log);
  });
}

/** The same for what tools have, and for nothing of ours. */
export function prepareTools(options: PrepareToolsOptions): Promise<void> {
  return prepare(options, async () => undefined);
}

async function prepare(
  options: PrepareToolsOptions,
  begin: (client: Client) => Promise<void>,
): Promise<void> {
  const { url, sources, log, enter, showProgress } = options;
  await using opened = new AsyncDisposableStack();
  const client = opened.adopt(await openClient(url), (opening) => opening.end());
  enter('waiting-for-migration');
  await lockMigrations(client);
  enter('migrating');
  await begin(client);
  for (const { schema, migrations, setup } of sources) {
    if (migrations !== undefined) {
      await migrateSchema({ client, schema, folder: migrations, log });
    }
    if (setup === undefined) continue;
    enter('setup');
    const run = await loadSetup(setup);
    await enterSchema(client, schema);
    await run({
      db: new ClientDatabase(client, schema),
      log,
      progress: (done, total) => {
        showProgress(schema, done, total);
      },
    });
  }
}

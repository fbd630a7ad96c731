import type { Config } from '../shared/config.ts';
import type { Logger } from '../shared/logger.ts';
import { bootstrapKey } from './bootstrap-key.ts';
import { lockMigrations, migrateHoldfast, migrateSchema } from './store/migrate.ts';
import { openClient } from './store/pool.ts';
import { ClientDatabase, enterSchema } from './store/tool-database.ts';
import { loadSetup, type ToolSource } from './tools/load/module.ts';

export interface PrepareOptions {
  readonly url: NonNullable<Config['databaseUrl']>;
  readonly version: string;
  readonly sources: readonly ToolSource[];
  /** Where the first key is, or is to be. */
  readonly bootstrapTokenFile?: string | undefined;
  readonly log: Logger;
  /** Told what comes next. */
  readonly enter: (phase: 'waiting-for-migration' | 'migrating' | 'setup') => void;
  /** Shows how far a set-up is. */
  readonly showProgress: (schema: string, done: number, total: number) => void;
}

/**
 * What the canary does before any worker serves: brings our schema and those of the tools up to
 * date, and lets each folder of tools set itself up. Whoever else starts at the same time waits.
 */
export async function prepareDatabases(options: PrepareOptions): Promise<void> {
  const { url, version, sources, bootstrapTokenFile, log, enter } = options;
  await using opened = new AsyncDisposableStack();
  const client = opened.adopt(await openClient(url), (opening) => opening.end());
  enter('waiting-for-migration');
  await lockMigrations(client);
  enter('migrating');
  await migrateHoldfast(client, version, log);
  if (bootstrapTokenFile !== undefined) await bootstrapKey(client, bootstrapTokenFile, log);
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
        options.showProgress(schema, done, total);
      },
    });
  }
}

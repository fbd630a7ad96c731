/** A Postgres that a test may stop and start, beside the one that all tests share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedPostgres } from '../../src/supervisor/embedded/postgres.ts';
import { EmbeddedRecord } from '../../src/supervisor/embedded/record.ts';
import type { ServerProcess } from '../../src/supervisor/embedded/server-process.ts';
import { StateFolder } from '../../src/supervisor/state-folder.ts';

export class StoppablePostgres implements AsyncDisposable {
  readonly url: string;
  readonly #postgres: EmbeddedPostgres;
  readonly #folder: StateFolder;
  #server: ServerProcess | undefined;

  private constructor(postgres: EmbeddedPostgres, folder: StateFolder) {
    this.url = postgres.url;
    this.#postgres = postgres;
    this.#folder = folder;
  }

  /** One that is `durable` keeps what it has acknowledged, however it ends. */
  static async start({ durable = false } = {}): Promise<StoppablePostgres> {
    const folder = new StateFolder(mkdtempSync(join(tmpdir(), 'holdfast-postgres-')));
    const postgres = new StoppablePostgres(
      await EmbeddedPostgres.prepare({
        stateFolder: folder.path,
        record: new EmbeddedRecord(folder.path),
        connectionsMax: 50,
        durable,
      }),
      folder,
    );
    await postgres.start();
    return postgres;
  }

  async start(): Promise<void> {
    this.#server = await this.#postgres.start();
  }

  async stop(): Promise<void> {
    if (this.#server !== undefined) await this.#postgres.stop(this.#server);
    this.#server = undefined;
  }

  /** Kills it, and leaves nobody the time to say why. */
  async kill(): Promise<void> {
    if (this.#server === undefined) return;
    process.kill(this.#server.identity.pid, 'SIGKILL');
    await this.#server.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
    rmSync(this.#folder.path, { recursive: true, force: true });
  }
}

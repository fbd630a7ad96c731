/** A Redis that a test may stop and start, beside the one that all tests share. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedRecord } from '../../src/supervisor/embedded/record.ts';
import { EmbeddedRedis, stopRedis } from '../../src/supervisor/embedded/redis.ts';
import type { ServerProcess } from '../../src/supervisor/embedded/server-process.ts';
import { StateFolder } from '../../src/supervisor/state-folder.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');

export class StoppableRedis implements AsyncDisposable {
  readonly url: string;
  readonly #redis: EmbeddedRedis;
  readonly #folder: StateFolder;
  #server: ServerProcess | undefined;

  private constructor(redis: EmbeddedRedis, folder: StateFolder) {
    this.url = redis.url;
    this.#redis = redis;
    this.#folder = folder;
  }

  static async start(): Promise<StoppableRedis> {
    const folder = new StateFolder(mkdtempSync(join(tmpdir(), 'holdfast-redis-')));
    const prepared = await EmbeddedRedis.prepare({
      stateFolder: folder.path,
      record: new EmbeddedRecord(folder.path),
      substitute: [process.execPath, BIN, 'embedded-redis'],
      searchPath: process.env.PATH ?? '',
    });
    const redis = new StoppableRedis(prepared, folder);
    await redis.start();
    return redis;
  }

  async start(): Promise<void> {
    this.#server = await this.#redis.start();
  }

  async stop(): Promise<void> {
    if (this.#server !== undefined) await stopRedis(this.#server);
    this.#server = undefined;
  }

  /** Lets it keep its connections, and answer nobody. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#server === undefined) throw new Error('It does not run');
    process.kill(this.#server.identity.pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#folder[Symbol.dispose]();
    rmSync(this.#folder.path, { recursive: true, force: true });
  }
}

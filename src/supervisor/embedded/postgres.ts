import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { EMBEDDED_POSTGRES_USER, embeddedPostgresUrl } from '../../shared/embedded-file.ts';
import { Failure } from '../../shared/errors.ts';
import { findProcessesIn, type ProcessIdentity } from '../process-identity.ts';
import { choosePort } from './port.ts';
import {
  findInstalledPostgres,
  type PostgresBinaries,
  reachPostgres,
} from './postgres-binaries.ts';
import { findHome, type PostgresHome } from './postgres-home.ts';
import { findPostmaster, type Postmaster, wasStartedBy } from './postmaster.ts';
import type { EmbeddedRecord } from './record.ts';
import type { RunAs } from './run-as.ts';
import { adoptServer, type ServerProcess, spawnServer, stopServer } from './server-process.ts';

/** Fast: it ends its sessions and writes a checkpoint. Immediate: the next start recovers. */
const STOP_SIGNALS = ['SIGINT', 'SIGQUIT'] as const;

const STOP_GRACE_MS = 5_000;
const BACKEND_GRACE_MS = 1_000;
const READY_DEADLINE_MS = 60_000;
const READY_POLL_MS = 20;
const LOG_TAIL_BYTES = 2_000;

export interface EmbeddedPostgresOptions {
  readonly stateFolder: string;
  readonly record: EmbeddedRecord;
  readonly connectionsMax: number;
  /** Whether data survives a crash of the machine. Tests do without, and are quicker. */
  readonly durable: boolean;
}

/** A real Postgres of our own, listening on 127.0.0.1 alone, its data in the state folder. */
export class EmbeddedPostgres {
  readonly version: string;
  readonly dataFolder: string;
  readonly url: string;
  readonly #options: EmbeddedPostgresOptions;
  readonly #binaries: PostgresBinaries;
  readonly #runAs: RunAs | undefined;
  readonly #folder: string;
  readonly #port: number;
  readonly #password: string;

  private constructor(options: EmbeddedPostgresOptions, home: PostgresHome, port: number) {
    this.#options = options;
    this.#folder = home.folder;
    this.#runAs = home.runAs;
    this.dataFolder = home.dataFolder;
    this.#binaries = reachPostgres(findInstalledPostgres(), dirname(home.folder), home.runAs);
    this.version = this.#binaries.version;
    this.#port = port;
    this.#password =
      options.record.find('postgres')?.password ?? randomBytes(24).toString('base64url');
    this.url = embeddedPostgresUrl({ port, password: this.#password });
  }

  /** Chooses its port and password, or remembers them; makes its data folder if there is none. */
  static async prepare(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const known = options.record.find('postgres');
    const home = findHome(options.stateFolder);
    const running = findPostmaster(home.dataFolder);
    const port = running?.port ?? (await choosePort(known?.port));
    const postgres = new EmbeddedPostgres(options, home, port);
    if (!existsSync(postgres.dataFolder)) await postgres.#initialize();
    else if (known === undefined) await postgres.#setPassword(running);
    // Not before: a password is known once it is true.
    postgres.#remember(running?.identity ?? null);
    return postgres;
  }

  /**
   * Starts it, or adopts the one that an earlier supervisor left behind, if it was started as we would
   * start it now. Resolves when it accepts connections.
   */
  async start(): Promise<ServerProcess> {
    const command = [this.#binaries.postgres, '-D', this.dataFolder, ...this.#settings()] as const;
    const running = findPostmaster(this.dataFolder);
    if (running !== undefined) {
      const server = adoptServer(running.identity);
      if (wasStartedBy(this.dataFolder, command)) return this.#onceReady(server);
      await this.stop(server);
    }
    await this.#clear();
    return this.#onceReady(await this.#run(command));
  }

  /** Stops it; and should it be dead, what is left of it. */
  async stop(server: ServerProcess): Promise<void> {
    await stopServer(server, STOP_SIGNALS, STOP_GRACE_MS);
    await this.#clear();
  }

  /** Removes what a dead one left behind, and would keep the next from starting. */
  async #clear(): Promise<void> {
    // A busy backend does not notice that its postmaster was killed.
    for (const identity of findProcessesIn(this.dataFolder)) {
      await stopServer(adoptServer(identity), ['SIGQUIT', 'SIGKILL'], BACKEND_GRACE_MS);
    }
    // Nobody works there any longer. Postgres would take a stranger with the dead one's number for it.
    rmSync(join(this.dataFolder, 'postmaster.pid'), { force: true });
  }

  async #onceReady(server: ServerProcess): Promise<ServerProcess> {
    try {
      await this.#untilReady(server);
    } catch (error) {
      await this.stop(server);
      throw error;
    }
    this.#remember(server.identity);
    return server;
  }

  /** Makes the data folder: beside, then renamed, so that a half-made one is never taken for whole. */
  async #initialize(): Promise<void> {
    const unfinished = `${this.dataFolder}.new`;
    const passwordFile = join(this.#folder, 'password');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    rmSync(unfinished, { recursive: true, force: true });
    writeFileSync(passwordFile, this.#password, { mode: 0o600 });
    if (this.#runAs !== undefined) {
      for (const path of [this.#folder, passwordFile]) {
        chownSync(path, this.#runAs.uid, this.#runAs.gid);
      }
    }
    const server = await this.#run([
      this.#binaries.initdb,
      `--pgdata=${unfinished}`,
      `--username=${EMBEDDED_POSTGRES_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(this.#options.durable ? [] : ['--no-sync']),
    ]);
    const how = await server.ended;
    rmSync(passwordFile, { force: true });
    if (how !== 'exit 0') throw this.#failure(`initdb ended with ${how}`);
    renameSync(unfinished, this.dataFolder);
  }

  /** Gives it our password, where the file that knew the old one is gone: in single-user mode nobody asks. */
  async #setPassword(running: Postmaster | undefined): Promise<void> {
    if (running !== undefined) await this.stop(adoptServer(running.identity));
    await this.#clear();
    const server = await this.#run(
      [this.#binaries.postgres, '--single', '-D', this.dataFolder, 'postgres'],
      `alter role ${EMBEDDED_POSTGRES_USER} password '${this.#password}'\n`,
    );
    const how = await server.ended;
    if (how !== 'exit 0') throw this.#failure(`its password could not be set: ${how}`);
  }

  #remember(process: ProcessIdentity | null): void {
    const [port, password] = [this.#port, this.#password];
    this.#options.record.save('postgres', { port, password, process });
  }

  #settings(): string[] {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: this.#port,
      unix_socket_directories: '',
      max_connections: this.#options.connectionsMax,
      timezone: 'UTC',
      // A statement may hold what an agent sent: it does not belong in a log.
      log_min_error_statement: 'panic',
      ...(this.#options.durable
        ? {}
        : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    };
    return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  }

  async #run(command: readonly [string, ...string[]], input = ''): Promise<ServerProcess> {
    try {
      return await spawnServer(command, {
        runAs: this.#runAs,
        folder: this.#folder,
        input,
        logFile: this.#logFile(),
      });
    } catch (error) {
      throw this.#failure(`${command[0]} could not be run`, error);
    }
  }

  async #untilReady(server: ServerProcess): Promise<void> {
    const deadline = performance.now() + READY_DEADLINE_MS;
    const ended = server.ended.then((how) => {
      throw this.#failure(`it ended with ${how}`);
    });
    while (findPostmaster(this.dataFolder)?.ready !== true) {
      if (performance.now() > deadline) throw this.#failure('it did not become ready in 60 s');
      await Promise.race([sleep(READY_POLL_MS), ended]);
    }
    ended.catch(() => undefined);
  }

  #failure(what: string, cause?: unknown): Failure {
    const tail = existsSync(this.#logFile())
      ? readFileSync(this.#logFile(), 'utf8').slice(-LOG_TAIL_BYTES).trim()
      : '';
    return new Failure(
      'unavailable',
      `The embedded Postgres did not start: ${what}. ${tail}`.trim(),
      {
        cause,
      },
    );
  }

  #logFile(): string {
    return join(dirname(this.#folder), 'postgres.log');
  }
}

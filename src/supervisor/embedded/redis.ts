import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Failure } from '../../shared/errors.ts';
import { ExitCode } from '../../shared/exit-codes.ts';
import { choosePort } from './port.ts';
import type { EmbeddedRecord } from './record.ts';
import { findRunAs } from './run-as.ts';
import { adoptServer, type ServerProcess, spawnServer, stopServer } from './server-process.ts';

const STOP_GRACE_MS = 2_000;
const READY_DEADLINE_MS = 10_000;
const READY_POLL_MS = 20;
const LOG_TAIL_BYTES = 2_000;
const PING_TIMEOUT_MS = 1_000;
/** It is a cache: what does not fit goes. */
const MEMORY_MAX = '256mb';

export interface EmbeddedRedisOptions {
  readonly stateFolder: string;
  readonly record: EmbeddedRecord;
  /** How `js-redis-server` is started where there is no real one. */
  readonly substitute: readonly [string, ...string[]];
  readonly searchPath: string;
}

/** A Redis of our own on 127.0.0.1: the machine's `redis-server` or `valkey-server`, else one in JavaScript. Nothing is kept on disk. */
export class EmbeddedRedis {
  /** What it is: `redis-server 7.0.15`. */
  readonly description: string;
  readonly url: string;
  readonly #options: EmbeddedRedisOptions;
  readonly #native: string | undefined;
  readonly #port: number;
  readonly #password: string;

  private constructor(options: EmbeddedRedisOptions, port: number, password: string) {
    this.#options = options;
    this.#native = findNative(options.searchPath);
    this.description =
      this.#native === undefined ? 'js-redis-server' : describeNative(this.#native);
    this.#port = port;
    this.#password = password;
    this.url = `redis://:${password}@127.0.0.1:${port}/0`;
  }

  /** Chooses its port and password. One left behind by an earlier supervisor is ended: it holds nothing that lasts. */
  static async prepare(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
    const known = options.record.find('redis');
    if (known?.process) {
      await stopRedis(adoptServer(known.process));
    }
    const port = await choosePort(known?.port);
    return new EmbeddedRedis(options, port, randomBytes(24).toString('base64url'));
  }

  /** Starts it. Resolves when it answers. */
  async start(): Promise<ServerProcess> {
    const { stateFolder, substitute, record } = this.#options;
    const server = await spawnServer(
      this.#native === undefined ? substitute : [this.#native, '-'],
      {
        // The substitute lies in the project folder, which another user may not be able to read.
        runAs: this.#native === undefined ? undefined : findRunAs(),
        folder: stateFolder,
        input: this.#settings(),
        logFile: this.#logFile(),
      },
    );
    const [port, password] = [this.#port, this.#password];
    record.save('redis', { port, password, process: server.identity });
    await this.#untilReady(server);
    return server;
  }

  /** A redis.conf. The substitute understands the three settings it needs. */
  #settings(): string {
    return [
      'bind 127.0.0.1',
      `port ${this.#port}`,
      `requirepass ${this.#password}`,
      'save ""',
      'appendonly no',
      `maxmemory ${MEMORY_MAX}`,
      'maxmemory-policy allkeys-lru',
      '',
    ].join('\n');
  }

  async #untilReady(server: ServerProcess): Promise<void> {
    const deadline = performance.now() + READY_DEADLINE_MS;
    const ended = server.ended.then((how): never => {
      throw this.#failure(how);
    });
    while (!(await answers(this.#port))) {
      if (performance.now() > deadline) {
        await stopRedis(server);
        throw this.#failure(`no answer in ${READY_DEADLINE_MS} ms`);
      }
      await Promise.race([sleep(READY_POLL_MS), ended]);
    }
    ended.catch(() => undefined);
  }

  #failure(how: string): Failure {
    const said = readFileSync(this.#logFile(), 'utf8').slice(-LOG_TAIL_BYTES).trim();
    const text = `The embedded Redis did not start: ${how}. ${said}`.trim();
    // The substitute says so itself when it cannot be loaded.
    const code = how === `exit ${ExitCode.Misconfigured}` ? 'invalid' : 'unavailable';
    return new Failure(code, text);
  }

  #logFile(): string {
    return join(this.#options.stateFolder, 'redis.log');
  }
}

/** It has nothing to save. */
export async function stopRedis(server: ServerProcess): Promise<void> {
  await stopServer(server, ['SIGTERM', 'SIGKILL'], STOP_GRACE_MS);
}

function findNative(searchPath: string): string | undefined {
  return ['redis-server', 'valkey-server']
    .flatMap((name) => searchPath.split(delimiter).map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** `Redis server v=7.0.15 sha=…` and `Valkey server v=8.1.1 sha=…` are how they introduce themselves. */
function describeNative(path: string): string {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const [, version] = /\bv=(\S+)/.exec(stdout) ?? [];
  return version === undefined ? path : `${path} ${version}`;
}

/** Whether anything that speaks Redis answers there: to a stranger it says NOAUTH, and that will do. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PING_TIMEOUT_MS });
    const settle = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', settle(true));
    socket.once('error', settle(false));
    socket.once('timeout', settle(false));
    socket.once('close', settle(false));
  });
}

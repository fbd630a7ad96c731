/** A container of our image, run by a real engine, and what the engine knows of it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { choosePort } from '../../src/supervisor/embedded/port.ts';

/** The image that the suite builds. */
export const IMAGE = 'holdfast-test';
/** Why there can be no containers here, if so. */
export const skip = process.env.TEST_CONTAINER_SKIP ?? false;

const COMMAND_MS_MAX = 60_000;
const POLL_MS = 100;
const run = promisify(execFile);

/** What `docker inspect` says, as far as we read it. */
export interface Inspected {
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Health?: {
      readonly Status: 'starting' | 'healthy' | 'unhealthy';
      readonly Log: readonly { readonly ExitCode: number; readonly Output: string }[];
    };
  };
}

export interface ContainerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Options of `docker run`. */
  readonly flags?: readonly string[];
}

export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('docker', args, {
    timeout: COMMAND_MS_MAX,
    maxBuffer: 64 * 1_048_576,
  });
  return stdout + stderr;
}

/** It shares the machine's network, and listens at loopback on ports of its own. */
export class Container implements AsyncDisposable {
  readonly id: string;
  readonly port: number;

  private constructor(id: string, port: number) {
    this.id = id;
    this.port = port;
  }

  static async run({ env = {}, flags = [] }: ContainerOptions): Promise<Container> {
    const port = await choosePort(undefined);
    const settings = {
      MCP_HOST: '127.0.0.1',
      MCP_PORT: String(port),
      MCP_ADMIN_PORT: String(await choosePort(undefined)),
      MCP_AUTH: 'none',
      MCP_TOOLS: '/opt/holdfast/tools/container',
      MCP_WORKERS: '1',
      DATABASE_URL: process.env.TEST_DATABASE_URL ?? '',
      REDIS_URL: process.env.TEST_REDIS_URL ?? '',
      ...env,
    };
    const mounted = `${join(import.meta.dirname, 'tools')}:/opt/holdfast/tools/container:ro`;
    const given = Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`);
    const always = ['--detach', '--network=host', `--volume=${mounted}`];
    const id = await docker('run', ...always, ...given, ...flags, IMAGE);
    return new Container(id.trim(), port);
  }

  async inspect(): Promise<Inspected> {
    const [inspected] = JSON.parse(await docker('inspect', this.id)) as [Inspected];
    return inspected;
  }

  /** All that it printed, over all its restarts. */
  logs(): Promise<string> {
    return docker('logs', this.id);
  }

  /** The moments, in ms since 1970, at which lines were printed that a pattern matches. */
  async printedAt(pattern: RegExp): Promise<number[]> {
    const lines = (await docker('logs', '--timestamps', this.id)).split('\n');
    return lines.flatMap((line) => {
      const [, time, text] = /^(\S+) (.*)/.exec(line) ?? [];
      return time !== undefined && pattern.test(text ?? '') ? [Date.parse(time)] : [];
    });
  }

  /** Resolves once so many lines were printed that a pattern matches. */
  async untilPrinted(pattern: RegExp, count: number, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while ((await this.printedAt(pattern)).length < count) {
      if (performance.now() > deadline) throw new Error(await this.logs());
      await sleep(POLL_MS);
    }
  }

  /** Stops it as an operator does, who gives it the 35 s that it may ask for. */
  async stop(): Promise<void> {
    await docker('stop', '--time=35', this.id);
  }

  /** The moments, in ms since 1970, at which it ended. */
  async endedAt(): Promise<number[]> {
    const which = [`--filter=container=${this.id}`, '--filter=event=die', '--format={{json .}}'];
    const until = `--until=${Date.now() / 1_000}`;
    const events = await docker('events', '--since=24h', until, ...which);
    const times = events.split('\n').filter((line) => line !== '');
    return times.map((line) => (JSON.parse(line) as { timeNano: number }).timeNano / 1e6);
  }

  /** Resolves once the engine says of it what is waited for; rejects, with its log, if it never does. */
  async until(isSo: (inspected: Inspected) => boolean, withinMs: number): Promise<Inspected> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const inspected = await this.inspect();
      if (isSo(inspected)) return inspected;
      if (performance.now() > deadline) {
        throw new Error(`${JSON.stringify(inspected.State)}\n${await this.logs()}`);
      }
      await sleep(POLL_MS);
    }
  }

  async untilHealth(status: 'healthy' | 'unhealthy', withinMs: number): Promise<Inspected> {
    return this.until(({ State }) => State.Health?.Status === status, withinMs);
  }

  /** Ends it, and takes its volume along. */
  async [Symbol.asyncDispose](): Promise<void> {
    await docker('rm', '--force', '--volumes', this.id);
  }
}

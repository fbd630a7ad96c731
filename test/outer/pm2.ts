/** A pm2 of its own for a test: installed by npm, with a home and a daemon that end with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
const VERSION = '7.0.4';
const INSTALL_MS = 120_000;
const COMMAND_MS = 60_000;
const POLL_MS = 200;

/** What pm2 knows of the one process we give it. */
export interface Managed {
  readonly status: string;
  readonly restarts: number;
  readonly exitCode: number | undefined;
  readonly pid: number;
}

export class Pm2 implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves with nothing if npm cannot install it. */
  static async install(): Promise<Pm2 | undefined> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-pm2-'));
    writeFileSync(join(folder, 'package.json'), '{}');
    const npm = process.env.npm_execpath;
    const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `pm2@${VERSION}`];
    const child = spawn(
      npm === undefined ? 'npm' : process.execPath,
      npm === undefined ? install : [npm, ...install],
      { cwd: folder, stdio: 'ignore', timeout: INSTALL_MS },
    );
    child.on('error', () => undefined);
    await once(child, 'close').catch(() => undefined);
    if (child.exitCode === 0) return new Pm2(folder);
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }

  /** Starts the shipped file, with what the test changes in it. Resolves when pm2 has nothing to wait for. */
  async start(env: Readonly<Record<string, string>>, changes: object = {}): Promise<void> {
    const { apps } = JSON.parse(readFileSync(join(ROOT, 'ecosystem.config.json'), 'utf8'));
    const app = { ...apps[0], ...changes, cwd: ROOT };
    const file = join(this.#folder, 'ecosystem.config.json');
    writeFileSync(file, JSON.stringify({ apps: [app] }));
    await this.run(['start', file], env);
  }

  /** Runs a command of pm2, and resolves with what it prints. */
  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { PATH = '' } = process.env;
    const child = spawn(
      process.execPath,
      [join(this.#folder, 'node_modules/pm2/bin/pm2'), ...args],
      {
        cwd: this.#folder,
        env: {
          PATH,
          HOME: this.#folder,
          PM2_HOME: this.#home,
          PM2_DISABLE_VERSION_CHECK: 'true',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: COMMAND_MS,
      },
    );
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    return output;
  }

  async managed(): Promise<Managed> {
    const lines = (await this.run(['jlist'])).trim().split('\n');
    const [process] = JSON.parse(lines.at(-1) ?? '[]');
    const { status, restart_time: restarts, exit_code: exitCode } = process.pm2_env;
    return { status, restarts, exitCode, pid: process.pid };
  }

  /** Resolves once pm2 starts the process no more, or with how it is after a minute. */
  async untilGivenUp(): Promise<Managed> {
    const deadline = performance.now() + COMMAND_MS;
    for (;;) {
      const managed = await this.managed();
      const isOver = managed.status === 'stopped' || managed.status === 'errored';
      if (isOver || performance.now() > deadline) return managed;
      await sleep(POLL_MS);
    }
  }

  /** What the process has printed. */
  log(): string {
    const folder = join(this.#home, 'logs');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  }

  /** Forgets the process and what it printed. */
  async forget(): Promise<void> {
    await this.run(['flush']);
    await this.run(['delete', 'all']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['kill']);
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  get #home(): string {
    return join(this.#folder, 'home');
  }
}

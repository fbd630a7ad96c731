/** A fresh installation in a folder of its own, run by whatever npm and Node the machine has. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Who is nobody in particular. Only root can be somebody else. */
export const NOBODY: User | undefined =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A folder that only its owner can look into, with a space in its name, and a home beside it. */
export class Installation implements Disposable {
  readonly project: string;
  readonly #base: string;
  readonly #user: User | undefined;
  readonly #children: ChildProcess[] = [];

  constructor(user?: User) {
    this.#user = user;
    this.#base = mkdtempSync(join(tmpdir(), 'holdfast install '));
    this.project = join(this.#base, 'closed to others', 'holdfast');
    mkdirSync(join(this.#base, 'home'));
    mkdirSync(this.project, { recursive: true });
    chmodSync(join(this.#base, 'closed to others'), 0o700);
  }

  /** What a failed test leaves running is told to stop. */
  [Symbol.dispose](): void {
    for (const child of this.#children) child.kill('SIGTERM');
    rmSync(this.#base, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Clones what is committed, for its user. */
  clone(): void {
    execFileSync('git', ['clone', '--quiet', ROOT, this.project]);
    this.#handOver();
  }

  #handOver(): void {
    if (this.#user === undefined) return;
    const { uid, gid } = this.#user;
    const entries = readdirSync(this.#base, { recursive: true, encoding: 'utf8' });
    for (const path of ['', ...entries]) chownSync(join(this.#base, path), uid, gid);
  }

  /** Starts a command as its user, with none of our own settings and without our own Node in front. */
  start(command: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const [program = '', ...args] = command;
    const path = (process.env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => !folder.includes('node_modules'));
    const inherited = Object.entries(process.env).filter(
      ([name]) =>
        !/^(npm_|MCP_|DATABASE_|REDIS_|NODE_(COMPILE|OPTIONS|V8|TEST)|XDG_|STATE_)/.test(name),
    );
    const child = spawn(program, args, {
      cwd: this.project,
      env: {
        ...Object.fromEntries(inherited),
        PATH: path.join(delimiter),
        HOME: join(this.#base, 'home'),
        ...env,
      },
      ...this.#user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  async run(command: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended> {
    const child = this.start(command, env);
    const output = collect(child);
    await once(child, 'close');
    return { code: child.exitCode, output: output() };
  }
}

/** Packs this package as it would go to npm, and says where the tarball is. */
export function pack(npm: string, into: string): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [npm, 'pack', '--silent', '--pack-destination', into],
    { cwd: ROOT, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  rmSync(join(ROOT, 'dist'), { recursive: true });
  return join(into, stdout.trim());
}

/** What a process prints, whenever it is asked for. */
export function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return () => output;
}

/** Resolves with the port once `serving` is in the log. */
export async function untilServing(child: ChildProcess, output: () => string): Promise<number> {
  for (;;) {
    const [, port] = /"message":"serving".*?"port":(\d+)/.exec(output()) ?? [];
    if (port !== undefined) return Number(port);
    if (child.exitCode !== null) throw new Error(`It does not serve:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

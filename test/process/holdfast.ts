/** The real thing, started as `npm start` starts it, seen from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const SERVING_DEADLINE_MS = 120_000;

/** One line of the log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Holdfast extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stateFolder: string;
  readonly log: () => readonly LogLine[];
  readonly output: () => string;
  /** Resolves with the port once it serves; rejects if it ends before. */
  readonly serving: Promise<number>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface HoldfastOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stateFolder?: string;
  readonly nodeOptions?: readonly string[];
}

/** Servers that the suite brought along, so that not every test has to start its own. */
export function suiteServers(databaseUrl: string): Record<string, string> {
  return { DATABASE_URL: databaseUrl, REDIS_URL: process.env.TEST_REDIS_URL ?? '' };
}

export const MISBEHAVING_TOOLS = join(import.meta.dirname, 'fixtures/tools');

/** Starts it on a free port, with a state folder of its own. */
export function startHoldfast({ env, stateFolder, nodeOptions = [] }: HoldfastOptions): Holdfast {
  const temporary = stateFolder ?? mkdtempSync(join(tmpdir(), 'holdfast-process-'));
  const child = spawn(process.execPath, [...nodeOptions, join(ROOT, 'bin/holdfast.js'), 'start'], {
    cwd: ROOT,
    env: {
      ...withoutOurs(process.env),
      MCP_PORT: '0',
      MCP_ADMIN_PORT: '0',
      MCP_STATE_DIR: temporary,
      MCP_TOOLS: MISBEHAVING_TOOLS,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = once(child, 'close').then(() => ({
    code: child.exitCode,
    signal: child.signalCode,
  }));
  const log = (): LogLine[] =>
    output
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
  const serving = portOf(log, ended, () => output);
  serving.catch(() => undefined);
  return {
    child,
    stateFolder: temporary,
    log,
    output: () => output,
    serving,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      if (stateFolder === undefined) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** Every process that has to do with a state folder: works in it, or names it in its arguments or environment. */
export function processesOf(stateFolder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => isAbout(pid, stateFolder));
}

function isAbout(pid: number, stateFolder: string): boolean {
  try {
    // A zombie has ended: it only waits for its parent to look.
    if (/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return false;
    if (readlinkSync(`/proc/${pid}/cwd`).startsWith(stateFolder)) return true;
    return ['cmdline', 'environ'].some((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(stateFolder),
    );
  } catch {
    return false;
  }
}

async function portOf(
  log: () => readonly LogLine[],
  ended: Promise<{ readonly code: number | null }>,
  output: () => string,
): Promise<number> {
  let over = false;
  void ended.then(() => (over = true));
  const deadline = performance.now() + SERVING_DEADLINE_MS;
  for (;;) {
    const line = log().find(({ message }) => message === 'serving');
    if (typeof line?.port === 'number') return line.port;
    if (over || performance.now() > deadline) throw new Error(`It does not serve:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a server runs is not counted as covered: each of its processes would write down all of it when it ends, which takes longer than to run it. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(MCP_|DATABASE_|REDIS_|NODE_V8_COVERAGE)/.test(name)),
  );
}

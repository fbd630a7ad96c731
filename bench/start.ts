/**
 * What a worker's start costs: CPU from its spawn until it serves, against that of a bare Node that listens, in turns. Its compile
 * cache is warm, Postgres and Redis are real, and everything is on. Of a clone, and of what npm installs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { cpuMsOf } from './proc.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
// Workers are to have the cache in their state folder.
delete process.env.NODE_COMPILE_CACHE;
const ROUNDS = Number(options.rounds);
const ROOT = join(import.meta.dirname, '..');
const BARE = join(import.meta.dirname, 'servers/bare.mjs');
/** The first start fills the compile cache, and the next one uses it. */
const WARM_UPS = 2;
/** One that is let go still closes, and what comes next is to have the machine to itself. */
const PAUSE_MS = 200;
const START_MS_MAX = 90_000;

/** Starts a process once, and says what CPU it took until it served, in milliseconds. */
type Start = () => Promise<number>;

await using opened = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
opened.defer(() => {
  rmSync(folder, { recursive: true, force: true });
});
const starts = new Map<string, Start>([['bare node', startBare]]);
if ('clone'.includes(options.only)) starts.set('clone', await openHoldfast('clone', ROOT));
if ('package'.includes(options.only)) {
  starts.set('package', await openHoldfast('package', installPackage()));
}
const figures = summarise(await measure());
process.stdout.write(`${table(figures)}\n`);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(figures, null, 2));

async function measure(): Promise<ReadonlyMap<string, readonly number[]>> {
  const taken = new Map<string, number[]>();
  const all = [...starts];
  for (let round = 0; round < ROUNDS; round++) {
    // In another order each time: what one leaves behind is not always the same one's burden.
    for (const index of all.keys()) {
      const [name, start] = all[(index + round) % all.length] ?? [];
      if (name === undefined || start === undefined) continue;
      taken.set(name, [...(taken.get(name) ?? []), await start()]);
      await sleep(PAUSE_MS);
    }
  }
  return taken;
}

async function startBare(): Promise<number> {
  const child = spawn(process.execPath, [BARE], {
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data', { signal: AbortSignal.timeout(START_MS_MAX) });
  const cpuMs = cpuMsOf(child.pid ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  return cpuMs;
}

/** Starts a Holdfast with one worker. Each start that is measured replaces that worker by another. */
async function openHoldfast(name: string, root: string): Promise<Start> {
  const state = join(folder, name);
  const tools = join(folder, 'tools.mjs');
  writeFileSync(
    tools,
    "import { defineTool } from 'mcp-holdfast';\nexport const add = defineTool({ name: 'add', description: 'Adds two numbers.', input: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'], additionalProperties: false }, run: async ({ a, b }) => String(a + b) });\n",
  );
  const child = spawn(process.execPath, [join(root, 'bin/holdfast.js'), 'start'], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MCP_ENV: 'development',
      MCP_AUTH: 'required',
      MCP_WATCH: 'false',
      MCP_PORT: '0',
      MCP_ADMIN_PORT: '0',
      MCP_STATE_DIR: state,
      MCP_WORKERS: '1',
      MCP_TOOLS: tools,
      MCP_RATE_CALLS_PER_S: '200',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.defer(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  });
  const lines = createInterface({ input: child.stdout });
  await cpuOfNext(lines);
  const start = async (): Promise<number> => {
    const next = cpuOfNext(lines);
    await recycle(state);
    return next;
  };
  for (let times = 0; times < WARM_UPS; times++) await start();
  return start;
}

/** What the next worker that serves has used by then. */
async function cpuOfNext(lines: Interface): Promise<number> {
  const signal = AbortSignal.timeout(START_MS_MAX);
  for (;;) {
    const [line]: unknown[] = await once(lines, 'line', { signal });
    const pid = /"message":"worker serves".*"pid":(\d+)/.exec(String(line))?.[1];
    if (pid !== undefined) return cpuMsOf(Number(pid));
  }
}

/** Has the worker replaced, as soon as nobody is being replaced any more. */
async function recycle(state: string): Promise<void> {
  const { port }: { port: number } = JSON.parse(readFileSync(join(state, 'admin.json'), 'utf8'));
  const token = readFileSync(join(state, 'admin-token'), 'utf8').trim();
  const signal = AbortSignal.timeout(START_MS_MAX);
  for (;;) {
    const { status } = await fetch(`http://127.0.0.1:${port}/supervisor/workers/0/recycle`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal,
    });
    if (status === 202 || status === 200) return;
    if (status !== 409) throw new Error(`It does not replace its worker: ${status}`);
    await sleep(PAUSE_MS);
  }
}

/** Packs this clone as it would go to npm, and lays it beside the dependencies that it has here. Says where it is. */
function installPackage(): string {
  const dist = join(ROOT, 'dist');
  const wasBuilt = existsSync(dist);
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const tarball = execFileSync('npm', pack, { cwd: ROOT, encoding: 'utf8' }).trim();
  if (!wasBuilt) rmSync(dist, { recursive: true });
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'mcp-holdfast');
  mkdirSync(installed, { recursive: true });
  const unpack = ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1'];
  execFileSync('tar', unpack);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name === 'mcp-holdfast') continue;
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return installed;
}

interface Figure {
  readonly name: string;
  readonly cpuMs: Spread;
  /** Times as much as bare Node in the same round. */
  readonly ratio: Spread;
}

interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function summarise(taken: ReadonlyMap<string, readonly number[]>): readonly Figure[] {
  const bare = taken.get('bare node') ?? [];
  return [...taken].map(([name, cpuMs]) => ({
    name,
    cpuMs: spreadOf(cpuMs),
    ratio: spreadOf(cpuMs.map((ms, round) => ms / (bare[round] ?? Number.NaN))),
  }));
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { median: at(0.5), min: at(0), max: at(1) };
}

function table(rows: readonly Figure[]): string {
  return [
    '| a start of | ms of CPU until it serves | × bare node |',
    '|---|---|---|',
    ...rows.map(({ name, cpuMs, ratio }) => `| ${name} | ${show(cpuMs, 0)} | ${show(ratio, 2)} |`),
  ].join('\n');
}

function show({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

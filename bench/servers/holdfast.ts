/** Ours, with everything on: keys, limits, metrics, audit, sessions. Postgres and Redis are real, and not counted. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Server, startProcess } from '../process.ts';
import { ADD, fillersOf } from './tools.ts';

const ROOT = join(import.meta.dirname, '../..');
const BIN = join(ROOT, 'bin/holdfast.js');
/** High enough never to be reached, and counted all the same. */
const RATE = '1000000';
const TOKEN_MS = 30_000;

/** What a server of ours may have beyond what all have. */
export interface HoldfastOptions {
  /** Set in its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Sources of further tools: exports of a module that has `defineTool`. */
  readonly tools?: readonly string[];
}

/** Starts Holdfast with so many workers and tools. */
export async function startHoldfast(
  workers: number,
  tools: number,
  options: HoldfastOptions = {},
): Promise<Server> {
  await using starting = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  starting.defer(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'bench-tools.ts');
  writeFileSync(file, toolsFile(tools, options.tools ?? []));
  const env = {
    ...process.env,
    NODE_OPTIONS: '',
    MCP_ENV: 'development',
    MCP_AUTH: 'required',
    MCP_WATCH: 'false',
    MCP_PORT: '0',
    MCP_ADMIN_PORT: '0',
    MCP_STATE_DIR: join(folder, 'state'),
    MCP_WORKERS: String(workers),
    MCP_TOOLS: file,
    MCP_RATE_CALLS_PER_S: RATE,
    MCP_RATE_TOOL_CALLS_PER_S: RATE,
    MCP_HANDSHAKES_PER_MIN: RATE,
    MCP_SOCKETS_OF_ONE_MAX: '20000',
    MCP_TOOL_CONCURRENCY_MAX: '10000',
    MCP_TOOL_CONCURRENCY_OF_ONE_MAX: '10000',
    ...options.environment,
  };
  const server = starting.use(
    await startProcess({
      command: [process.execPath, BIN, 'start'],
      env,
      headers: {},
      portIn: /"message":"serving".*"port":(\d+)/,
      serving: isServing,
    }),
  );
  const token = execFileSync(process.execPath, [BIN, 'token', 'create', 'bench'], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: TOKEN_MS,
  }).trim();
  const started = starting.move();
  return {
    ...server,
    headers: { Authorization: `Bearer ${token}` },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** The supervisor and its workers; neither Postgres nor the Redis that it brought along. */
function isServing(pid: number): boolean {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return /holdfast\.js\0(start|worker)\0/.test(command);
  } catch {
    return false;
  }
}

function toolsFile(count: number, more: readonly string[]): string {
  const { name, description, inputSchema } = ADD;
  const schema = JSON.stringify(inputSchema);
  const fillers = fillersOf(count).map(
    (filler) =>
      `export const ${filler} = defineTool({ name: '${filler}', description: ${JSON.stringify(description)}, input: ${schema}, run: async () => '' });`,
  );
  return [
    "import { defineTool } from 'mcp-holdfast';",
    `export const add = defineTool({ name: '${name}', description: ${JSON.stringify(description)}, input: ${schema}, run: async ({ a, b }) => String(a + b) });`,
    ...fillers,
    ...more,
    '',
  ].join('\n');
}

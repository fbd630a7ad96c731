import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { within } from './load/deadline.ts';
import { cpuMsOf, isAlive, rssBytesOf, treeOf } from './proc.ts';

const START_MS = 90_000;
const STOP_MS = 10_000;
const LAST_WORDS_MAX = 20;
const KNOCK_EVERY_MS = 100;

/** A server that runs: where it listens, and what it has used so far. */
export interface Server extends AsyncDisposable {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds of CPU, of all processes that serve. */
  cpuMs(): number;
  rssBytes(): number;
}

export interface ServerOptions {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Finds the port in a line of its output; left out, the server listens on `port` without saying so. */
  readonly portIn?: RegExp;
  readonly port?: number;
  /** Which of its processes count: all, if not said. */
  readonly serving?: (pid: number) => boolean;
}

/** Starts a server that says its port in one line, as JSON. */
export async function startServer(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Server> {
  return startProcess({
    command,
    env: { ...process.env, ...env },
    headers: {},
    portIn: /^\{"port":(\d+)/,
  });
}

/** Starts a server, and waits until it can be reached. What it says meanwhile is told if it fails. */
export async function startProcess(options: ServerOptions): Promise<Server> {
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lastWords: string[] = [];
  const keep = (line: string): void => {
    if (lastWords.push(line) > LAST_WORDS_MAX) lastWords.shift();
  };
  const said = Promise.withResolvers<number>();
  onLine(child.stderr, keep);
  const output = onLine(child.stdout, (line) => {
    keep(line);
    const port = options.portIn?.exec(line)?.[1];
    if (port !== undefined) said.resolve(Number(port));
  });
  const ended = Promise.withResolvers<never>();
  child.once('error', ended.reject);
  child.once('exit', (code, signal) => {
    ended.reject(new Error(`It ended with ${code ?? signal}`));
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  const port = options.port === undefined ? said.promise : reached(options.port, isRunning);
  const started = Promise.race([port, ended.promise]);
  try {
    const listening = await within(START_MS, started, 'Its start');
    const server = serverOf(child, listening, options.headers, () =>
      treeOf(child.pid).filter(options.serving ?? (() => true)),
    );
    // A line for each call costs a load more than it has to, once nobody reads them.
    output.close();
    child.stdout.resume();
    return server;
  } catch (error) {
    await stop(child);
    throw new Error(`It does not serve; its last words:\n${lastWords.join('\n')}`, {
      cause: error,
    });
  }
}

/** A server of a process that is there already; `pids` are those that count. */
export function serverOf(
  child: ChildProcess,
  port: number,
  headers: Readonly<Record<string, string>>,
  pids: () => readonly number[],
): Server {
  return {
    port,
    headers,
    cpuMs: () => pids().reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    rssBytes: () => pids().reduce((sum, pid) => sum + rssBytesOf(pid), 0),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

/** Stops a process, and what it started: by asking, and then by force. */
async function stop(child: ChildProcess): Promise<void> {
  // It did not even start.
  if (child.pid === undefined) return;
  const tree = treeOf(child.pid);
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
  for (let waitedMs = 0; waitedMs < STOP_MS && tree.some(isAlive); waitedMs += KNOCK_EVERY_MS) {
    await sleep(KNOCK_EVERY_MS);
  }
  for (const pid of tree.filter(isAlive)) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in this moment.
    if (isAlive(pid)) throw error;
  }
}

/** A port that nothing listens on, for a server that does not take one by itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server of TCP that listens has such an address.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Resolves once something listens on a port, as long as what is to listen there runs. */
async function reached(port: number, isRunning: () => boolean): Promise<number> {
  while (isRunning()) {
    const socket = connect({ port, host: '127.0.0.1' });
    try {
      await once(socket, 'connect');
      return port;
    } catch {
      await sleep(KNOCK_EVERY_MS);
    } finally {
      socket.destroy();
    }
  }
  throw new Error(`Nothing listens on port ${port}`);
}

function onLine(stream: Readable, heed: (line: string) => void): Interface {
  return createInterface({ input: stream }).on('line', heed);
}

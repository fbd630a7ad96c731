import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { codeOf } from '../../../shared/errors.ts';
import { Pace } from '../../../shared/pace.ts';
import { StderrRing } from '../../../shared/stderr-ring.ts';
import type { Message } from '../../protocol/frame.ts';
import { MessageLines } from './message-lines.ts';
import type { ProcessGroups } from './process-groups.ts';
import type { StdioServer } from './server.ts';
import {
  awayFailure,
  type Loss,
  MESSAGE_BYTES_MAX,
  READ_BYTES_PER_S,
  READ_MESSAGES_PER_S,
  type Receiver,
  Unstartable,
  type Wire,
} from './wire.ts';

export interface StdioWireOptions {
  readonly server: StdioServer;
  readonly receiver: Receiver;
  readonly groups: ProcessGroups;
  /** Told of each line on its stderr. */
  readonly onStderr: (line: string) => void;
}

/** What the program did not read yet. One that reads no more is ended. */
const UNSENT_BYTES_MAX = 16_777_216;
/** How long it has after the end of its input, and after SIGTERM (2025-11-25, basic/lifecycle, shutdown). */
const END_MS = 1_000;
/** Whoever took its pipes along may hold them open. */
const PIPES_MS = 500;
const RETRY_AFTER_MS = 1_000;
const STDERR_LINES = 20;
/** It is the file that is wrong: no other attempt would go better. */
const UNSTARTABLE: ReadonlySet<string | undefined> = new Set([
  'ENOENT',
  'EACCES',
  'ENOTDIR',
  'ENOEXEC',
  'E2BIG',
]);

/** A program in a process group of its own, with a message on each line of its pipes (2025-11-25, basic/transports, stdio). */
export class StdioWire implements Wire {
  readonly cancelsByClosing = false;
  readonly lost: Promise<Loss>;
  readonly #options: StdioWireOptions;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #leader: number;
  readonly #ring: StderrRing;
  readonly #exited: Promise<void>;
  /** Why we ended it. */
  #fault: Pick<Loss, 'reason'> | undefined;

  private constructor(
    options: StdioWireOptions,
    child: ChildProcessWithoutNullStreams,
    leader: number,
  ) {
    this.#options = options;
    this.#child = child;
    this.#leader = leader;
    this.#ring = new StderrRing(child.stderr, options.onStderr);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    child.once('exit', () => {
      resolve();
    });
    // What is wrong with it or its pipes shows when it ends.
    for (const emitter of [child, child.stdin, child.stdout]) emitter.on('error', () => undefined);
    this.lost = this.#end();
    this.#read();
  }

  /** Starts it. Rejects with `Unstartable` if there is no such program, or no such folder. */
  static async open(options: StdioWireOptions): Promise<StdioWire> {
    const { server, groups } = options;
    const child = await start(server);
    const { pid } = child;
    if (pid === undefined) throw new Error('What was started has an id');
    groups.add(pid);
    return new StdioWire(options, child, pid);
  }

  async send(message: Message): Promise<void> {
    const { stdin } = this.#child;
    const { name } = this.#options.server;
    if (stdin.writableLength > UNSENT_BYTES_MAX) {
      this.#fault ??= { reason: 'it no longer read what it was sent' };
      this.#options.groups.signal(this.#leader, 'SIGKILL');
    }
    if (this.#fault !== undefined || !stdin.writable) throw awayFailure(name, RETRY_AFTER_MS);
    stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** Messages over pipes say themselves what they are of. */
  settle(): void {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fault ??= { reason: 'it was told to end' };
    this.#child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await happensWithin(this.#exited, END_MS)) break;
      this.#options.groups.signal(this.#leader, signal);
    }
    await this.lost;
  }

  /** Reads at a bounded rate: a flood fills its own pipe, and not our time. */
  #read(): void {
    const { stdout } = this.#child;
    const { message, overlong } = this.#options.receiver;
    const lines = new MessageLines(MESSAGE_BYTES_MAX, { line: message, overlong });
    const [bytes, messages] = [new Pace(READ_BYTES_PER_S), new Pace(READ_MESSAGES_PER_S)];
    stdout.on('data', (chunk: Buffer) => {
      const count = lines.read(chunk);
      const now = performance.now();
      const waitMs = Math.max(bytes.step(chunk.length, now), messages.step(count, now));
      if (waitMs === 0) return;
      stdout.pause();
      setTimeout(() => stdout.resume(), waitMs).unref();
    });
  }

  async #end(): Promise<Loss> {
    await this.#exited;
    const child = this.#child;
    this.#options.groups.end(this.#leader);
    // What it said last is still on its way.
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    child.once('close', () => {
      resolve();
    });
    await happensWithin(closed, PIPES_MS);
    for (const stream of child.stdio) stream?.destroy();
    return {
      reason: 'it ended',
      ...this.#fault,
      exitCode: child.exitCode,
      signal: child.signalCode,
      stderr: this.#ring.lines().slice(-STDERR_LINES),
    };
  }
}

async function start(server: StdioServer): Promise<ChildProcessWithoutNullStreams> {
  const { command, args, env, cwd } = server;
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Unstartable('cwd is no folder');
  }
  try {
    // It finds nothing of our own environment in its own: that holds credentials.
    const child = spawn(command, [...args], { cwd, env, shell: false, detached: true });
    await once(child, 'spawn');
    return child;
  } catch (error) {
    const code = codeOf(error);
    if (!UNSTARTABLE.has(code)) throw error;
    throw new Unstartable(`command cannot be started: ${code}`, { cause: error });
  }
}

async function happensWithin(event: Promise<void>, ms: number): Promise<boolean> {
  const over = new AbortController();
  const timer = sleep(ms, false, { signal: over.signal }).catch(() => false);
  const happened = await Promise.race([event.then(() => true), timer]);
  over.abort();
  return happened;
}

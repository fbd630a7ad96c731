/** The tutorial of docs/tools.md, done from its beginning to its end as somebody would who reads it. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';

import { createDatabase } from '../postgres.ts';
import { suiteServers } from '../process/holdfast.ts';
import { findFreePort } from '../worker/store/free-port.ts';

const BIN = join(import.meta.dirname, '../../bin/holdfast.js');
const PORT = '3000';
/** Others may be using the machine. */
const patience = { timeout: 60_000, interval: 200 };

/** A fence: a file that is written, commands that are typed, or what they answer. */
interface Step {
  readonly language: string;
  readonly file: string | undefined;
  readonly text: string;
}

/** The fences of the first part, in order. */
function stepsOf(document: string): readonly Step[] {
  const [, tutorial = ''] = document.split(/^## /m);
  const fences = tutorial.matchAll(/^```(\w+)(?: file=(\S+))?\n([^]*?)^```$/gm);
  return [...fences].map(([, language = '', file, text = '']) => ({ language, file, text }));
}

/** What is answered, where `…` stands for anything. */
function patternOf(answer: string): RegExp {
  const parts = answer
    .trimEnd()
    .split('…')
    .map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join('[^]*?')}$`);
}

/** Somebody who types, in a folder, with the server on a port of its own. */
class Reader implements AsyncDisposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'holdfast-tutorial-'));
  readonly #env: NodeJS.ProcessEnv;
  readonly #port: string;
  #folder: string;
  #server: ChildProcess | undefined;
  #output = '';
  #isClosed = false;

  constructor(port: number, adminPort: number, servers: Readonly<Record<string, string>>) {
    const bin = join(this.#home, 'bin');
    mkdirSync(bin);
    const run = `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`;
    writeFileSync(join(bin, 'holdfast'), run, { mode: 0o755 });
    this.#folder = this.#home;
    this.#port = String(port);
    this.#env = {
      ...servers,
      PATH: `${bin}:${process.env.PATH}`,
      HOME: this.#home,
      MCP_STATE_DIR: join(this.#home, 'state'),
      MCP_PORT: this.#port,
      MCP_ADMIN_PORT: String(adminPort),
    };
  }

  /** What the server said, for whoever looks for what went wrong. */
  get output(): string {
    return this.#output;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(file: string, text: string): void {
    const path = join(this.#folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll(PORT, this.#port));
  }

  /** Types what is in a fence. Resolves with what was printed. */
  async type(text: string): Promise<string> {
    const lines = text
      .trimEnd()
      .split('\n')
      // What it fetches, the test has.
      .filter((line) => line !== 'npm install')
      .map((line) => line.replace(/npx (mcp-)?holdfast/, 'holdfast').replaceAll(PORT, this.#port));
    const [first = ''] = lines;
    if (first.endsWith('holdfast dev')) {
      await this.#serve(first);
      return '';
    }
    const folder = lines.findLast((line) => line.startsWith('cd '))?.slice('cd '.length) ?? '.';
    const options = { cwd: this.#folder, env: this.#env, timeout: 30_000 };
    const printed = await new Promise<string>((resolve) => {
      execFile('sh', ['-c', lines.join('\n')], options, (_error, stdout) => {
        resolve(stdout);
      });
    });
    this.#folder = join(this.#folder, folder);
    return printed.trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.#stop();
    rmSync(this.#home, { recursive: true });
  }

  async #serve(line: string): Promise<void> {
    await this.#stop();
    const options = { cwd: this.#folder, env: this.#env } as const;
    this.#server = spawn('sh', ['-c', line.replace('holdfast', 'exec holdfast')], options);
    for (const stream of [this.#server.stdout, this.#server.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    }
  }

  async #stop(): Promise<void> {
    if (this.#server === undefined) return;
    const ended = once(this.#server, 'close');
    this.#server.kill('SIGINT');
    await ended;
  }
}

async function follow(t: TestContext, reader: Reader, steps: readonly Step[]): Promise<void> {
  for (const [index, { language, file, text }] of steps.entries()) {
    if (file !== undefined) reader.write(file, text);
    if (language !== 'sh') continue;
    const next = steps[index + 1];
    if (next?.language !== 'text') {
      await reader.type(text);
      continue;
    }
    // What was saved just now is served a moment later.
    await t.waitFor(async () => {
      // When it has waited for too long, it goes on trying what runs just then.
      if (reader.isClosed) return;
      assert.match(await reader.type(text), patternOf(next.text), text);
    }, patience);
  }
}

suite('the tutorial for authors of tools', () => {
  const steps = stepsOf(readFileSync('docs/tools.md', 'utf8'));

  test('does what it says', { timeout: 240_000 }, async (t) => {
    const kinds = ['sh', 'text', 'ts', 'yaml', 'sql'];
    for (const kind of kinds)
      assert.ok(
        steps.some(({ language }) => language === kind),
        kind,
      );
    await using database = await createDatabase();
    const ports = [await findFreePort(), await findFreePort()] as const;
    await using reader = new Reader(...ports, suiteServers(database.url));
    try {
      await follow(t, reader, steps);
    } catch (error) {
      t.diagnostic(reader.output.slice(-4_000));
      throw error;
    }
  });
});

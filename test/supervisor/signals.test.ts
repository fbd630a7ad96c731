import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';

const SIGNALS = join(import.meta.dirname, '../../src/supervisor/signals.ts');
/** Says what each signal asks of it. Half a second passes with each dump, and no time else. */
const PROGRAM = `
  import { listenToSignals } from '${SIGNALS}';
  let now = 0;
  performance.now = () => now;
  const say = (what) => process.stdout.write(what + '\\n');
  listenToSignals({
    stop: (signal) => say('stop ' + signal),
    quit: () => say('quit'),
    hangUp: () => say('hang up'),
    dump: () => {
      now += 500;
      say('dump');
    },
  });
  setInterval(() => undefined, 60_000);
  say('listening');`;

/** A process that listens to signals. */
class Listener implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor() {
    const { execPath } = process;
    const args = ['--input-type=module-typescript', '--eval', PROGRAM];
    const child = spawn(execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  static async start(): Promise<Listener> {
    const listener = new Listener();
    assert.equal(await listener.read(), 'listening');
    return listener;
  }

  /** What it says next. */
  async read(): Promise<string> {
    const { value } = await this.#lines.next();
    return String(value);
  }

  /** What it says when it gets this. */
  async send(signal: NodeJS.Signals): Promise<string> {
    this.child.kill(signal);
    return this.read();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

suite('signals', { timeout: 20_000 }, () => {
  test('ask for what their names are known for', async () => {
    await using listener = await Listener.start();
    assert.equal(await listener.send('SIGHUP'), 'hang up');
    assert.equal(await listener.send('SIGQUIT'), 'quit');
    assert.equal(await listener.send('SIGUSR2'), 'dump');
    assert.equal(await listener.send('SIGTERM'), 'stop SIGTERM');
  });

  test('that come twice at once, from a terminal and from npm, are one', async () => {
    await using listener = await Listener.start();
    assert.equal(await listener.send('SIGINT'), 'stop SIGINT');
    listener.child.kill('SIGINT');
    listener.child.kill('SIGTERM');
    assert.equal(await listener.send('SIGHUP'), 'hang up');
    // Half a second later it is meant.
    assert.equal(await listener.send('SIGUSR2'), 'dump');
    assert.equal(await listener.send('SIGINT'), 'stop SIGINT');
  });

  test('that would open the inspector do nothing', async () => {
    await using listener = await Listener.start();
    listener.child.kill('SIGUSR1');
    assert.equal(await listener.send('SIGHUP'), 'hang up');
    assert.equal(listener.child.exitCode, null);
  });
});

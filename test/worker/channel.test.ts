import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { suite, test } from 'node:test';

import type { FromSupervisor } from '../../src/shared/ipc.ts';
import { Channel } from '../../src/worker/channel.ts';

type Sent = (error: Error | null) => void;

/** A process as far as its channel goes. `connected` and `send` are those of one that was forked. */
class ForkedProcess extends EventEmitter {
  connected = true;
  readonly sent: unknown[] = [];
  readonly callbacks: Sent[] = [];

  send(message: unknown, _handle: undefined, _options: undefined, done: Sent): boolean {
    this.sent.push(message);
    this.callbacks.push(done);
    return true;
  }
}

function openChannel() {
  const forked = new ForkedProcess();
  const heard: FromSupervisor[] = [];
  // The part of a process that a channel uses.
  const channel = new Channel(forked as unknown as NodeJS.Process, (said) => heard.push(said));
  return { forked, heard, channel };
}

const fatal = { type: 'fatal', class: 'config', message: 'no port', calls: [] } as const;
const lastWords = { ...fatal, code: undefined, stack: undefined, remedy: undefined };

suite('the channel to a supervisor', () => {
  test('lets the worker go and drain, and tells of every message', async () => {
    const { forked, heard, channel } = openChannel();
    const messages = [
      { type: 'go', deadlineMs: 60_000, generation: 'g' },
      { type: 'probe', on: true },
      { type: 'drain', deadlineMs: 1, jitterMs: 0, reason: 'reload' },
    ] as const;
    for (const message of messages) forked.emit('message', message);
    assert.deepEqual(await channel.go, messages[0]);
    assert.deepEqual(await channel.drain, messages[2]);
    assert.deepEqual(heard, messages);
  });

  test('passes over what is not of our supervisor', () => {
    const { forked, heard } = openChannel();
    for (const message of [null, 'go', { cmd: 'NODE_CLUSTER' }, { type: 'drain' }]) {
      forked.emit('message', message);
    }
    assert.deepEqual(heard, []);
  });

  test('is not open in a process that nobody forked, or whose supervisor is gone', () => {
    const { forked, channel } = openChannel();
    assert.ok(channel.isOpen);
    forked.connected = false;
    assert.ok(!channel.isOpen);
    channel.tell({ type: 'ready', port: 1, generation: 'g' });
    assert.deepEqual(forked.sent, []);
    // The part of a process that a channel uses.
    const alone = new EventEmitter() as unknown as NodeJS.Process;
    assert.ok(!new Channel(alone, () => undefined).isOpen);
  });

  test('lives on when a message cannot be sent', () => {
    const { forked, channel } = openChannel();
    channel.tell({ type: 'ready', port: 1, generation: 'g' });
    forked.callbacks[0]?.(new Error('EPIPE'));
    assert.deepEqual(forked.sent, [{ type: 'ready', port: 1, generation: 'g' }]);
  });

  test('says that last words are sent once they are', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { forked, channel } = openChannel();
    const done = t.mock.fn();
    channel.tellLast(lastWords, done);
    assert.equal(done.mock.callCount(), 0);
    forked.callbacks[0]?.(null);
    assert.equal(done.mock.callCount(), 1);
    assert.deepEqual(forked.sent, [lastWords]);
  });

  test('waits for last words no longer than 300 ms', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const done = t.mock.fn();
    openChannel().channel.tellLast(lastWords, done);
    t.mock.timers.tick(299);
    assert.equal(done.mock.callCount(), 0);
    t.mock.timers.tick(1);
    assert.equal(done.mock.callCount(), 1);
  });

  test('does not wait at all when there is nobody to hear them', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { forked, channel } = openChannel();
    forked.connected = false;
    const done = t.mock.fn();
    channel.tellLast(lastWords, done);
    assert.equal(done.mock.callCount(), 1);
  });
});

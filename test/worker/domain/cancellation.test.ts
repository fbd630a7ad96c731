import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Cancellation, signalOf } from '../../../src/worker/domain/cancellation.ts';

const heedInto = (heard: string[], name: string) => ({
  handleEvent: () => {
    heard.push(name);
  },
});

suite('a cancellation', () => {
  test('is heard once, by all who listen by then, and the first reason counts', () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    cancellation.addEventListener('abort', heedInto(heard, 'a'));
    const gone = heedInto(heard, 'b');
    cancellation.addEventListener('abort', gone);
    cancellation.addEventListener('abort', heedInto(heard, 'c'));
    cancellation.removeEventListener('abort', gone);
    assert.equal(cancellation.aborted, false);
    cancellation.abort('first');
    cancellation.abort('second');
    assert.equal(cancellation.aborted, true);
    assert.equal(cancellation.reason, 'first');
    assert.deepEqual(heard, ['a', 'c']);
  });

  test('is a signal to who asks, before or after', () => {
    const cancellation = new Cancellation();
    const { signal } = cancellation;
    assert.equal(cancellation.signal, signal);
    assert.equal(signal.aborted, false);
    cancellation.abort('why');
    assert.equal(signal.aborted, true);
    assert.equal(signal.reason, 'why');

    const late = new Cancellation();
    late.abort('why');
    assert.equal(late.signal.aborted, true);
    assert.equal(late.signal.reason, 'why');
  });

  test('stands where a signal does', () => {
    const { signal } = new AbortController();
    assert.equal(signalOf(signal), signal);
    const cancellation = new Cancellation();
    assert.equal(signalOf(cancellation), cancellation.signal);
  });
});

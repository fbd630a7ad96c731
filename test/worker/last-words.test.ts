import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { Failure } from '../../src/shared/errors.ts';
import { type LastWordsOptions, lastWordsOf } from '../../src/worker/last-words.ts';

const SECRET = 'hunter2';
const options: LastWordsOptions = {
  isServing: false,
  calls: [],
  redact: (text) => text.replaceAll(SECRET, '…'),
};

suite('last words', () => {
  test('of a failure are its own, with its remedy, whether agents are served or not', () => {
    const failure = new Failure('invalid', 'It is wrong', { remedy: 'Mend it.' });
    for (const isServing of [true, false]) {
      const said = lastWordsOf(failure, { ...options, isServing });
      assert.equal(said.class, 'config');
      assert.equal(said.message, 'It is wrong');
      assert.equal(said.remedy, 'Mend it.');
    }
  });

  test('of an error that nobody foresaw name it', () => {
    const said = lastWordsOf(new TypeError('x is not a function'), { ...options, isServing: true });
    assert.equal(said.class, 'uncaught');
    assert.equal(said.message, 'TypeError: x is not a function');
    assert.match(said.stack ?? '', /last-words\.test/);
  });

  test('of whatever else is thrown are what it is as a text', () => {
    assert.equal(lastWordsOf(null, options).message, 'Error: null');
  });

  test('hold no secret, and fit into one message', () => {
    const error = new Error(`${SECRET} ${'x'.repeat(100_000)}`);
    error.stack = `${SECRET} ${'y'.repeat(100_000)}`;
    const text = JSON.stringify(lastWordsOf(error, options));
    assert.doesNotMatch(text, new RegExp(SECRET));
    assert.ok(text.length < 10_000, `${text.length} characters`);
  });
});

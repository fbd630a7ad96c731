import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isSecret, keepSecret, makeApiKey, parseApiKey } from '../../../src/worker/auth/api-key.ts';

suite('an API key', () => {
  test('is one word that says what it is', () => {
    assert.match(makeApiKey().text, /^hf_live_[0-9A-Za-z]{50}$/);
  });

  test('is read as it was made', () => {
    for (let count = 0; count < 1_000; count += 1) {
      const { id, secret, text } = makeApiKey();
      assert.deepEqual(parseApiKey(text), { id, secret });
    }
  });

  test('is none with one letter changed, cut off, added or of another case', () => {
    const { text } = makeApiKey();
    for (let index = 0; index < text.length; index += 1) {
      const other = text[index] === 'x' ? 'y' : 'x';
      const changed = `${text.slice(0, index)}${other}${text.slice(index + 1)}`;
      assert.equal(parseApiKey(changed), undefined, `letter ${index}`);
    }
    for (const wrong of [text.slice(0, -1), `${text}0`, ` ${text}`, `${text}\n`, '', 'hf_live_']) {
      assert.equal(parseApiKey(wrong), undefined);
    }
  });

  test('has nothing in common with another but its beginning', () => {
    const keys = Array.from({ length: 10_000 }, makeApiKey);
    assert.equal(new Set(keys.map(({ id }) => id)).size, keys.length);
    assert.equal(new Set(keys.map(({ secret }) => secret)).size, keys.length);
    // Each of 62 letters comes about 5,161 times in 320,000: five deviations more or less is not chance.
    const counts = new Map<string, number>();
    for (const letter of keys.map(({ secret }) => secret).join('')) {
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    assert.equal(counts.size, 62);
    for (const count of counts.values()) assert.ok(Math.abs(count - 5_161) < 5 * 72, `${count}`);
  });

  test('leaves behind what only it fits', () => {
    const { secret } = makeApiKey();
    const kept = keepSecret(secret);
    assert.equal(isSecret(secret, kept), true);
    assert.equal(isSecret(makeApiKey().secret, kept), false);
    assert.equal(isSecret('', kept), false);
    // Two keys with one secret leave different things behind.
    assert.notDeepEqual(keepSecret(secret).hash, kept.hash);
  });
});

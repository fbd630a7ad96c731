import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isSecretName, Secrets, secretsIn } from '../../src/worker/tools/mounted/secrets.ts';

suite('secrets of a mounted server', () => {
  test('are known by the names of what holds them', () => {
    for (const name of [
      'API_KEY',
      'Authorization',
      'x-api-key',
      'GITHUB_PAT',
      'Cookie',
      'db_password',
    ]) {
      assert.ok(isSecretName(name), name);
    }
    for (const name of ['REGION', 'X-Tenant', 'PATH', 'PATTERN', 'BASE_URL']) {
      assert.ok(!isSecretName(name), name);
    }
  });

  test('are whole values, and what follows the first word, and passwords of addresses', () => {
    assert.deepEqual(secretsIn('Authorization', 'Bearer abcdef'), [
      'Bearer abcdef',
      'abcdef',
      '',
      '',
    ]);
    assert.deepEqual(secretsIn('BASE', 'https://a:b%20cdefg@x'), ['b%20cdefg', 'b cdefg']);
  });

  test('are struck out of texts, the longest first, and short ones are not', () => {
    const secrets = new Secrets(['abcdef', 'abcdefgh', 'abc', '']);
    assert.equal(secrets.strike('abc abcdefgh abcdef'), 'abc [redacted] [redacted]');
  });

  test('are struck out of JSON as it is read, however it is written', () => {
    const secrets = new Secrets(['se"cr\\et', '123456']);
    const said = { 'se"cr\\et': ['x se"cr\\et'], number: 123_456, text: '123456' };
    assert.deepEqual(JSON.parse(secrets.strikeJson(JSON.stringify(said))), {
      '[redacted]': ['x [redacted]'],
      number: 123_456,
      text: '[redacted]',
    });
    assert.equal(secrets.strikeJson('{"a": 123456'), '{"a": [redacted]');
    const clean = '{ "a" : 1 }';
    assert.equal(secrets.strikeJson(clean), clean);
  });
});

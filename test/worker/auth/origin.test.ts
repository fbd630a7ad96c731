import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { isOriginAllowed } from '../../../src/worker/auth/origin.ts';

const ALLOWED = ['https://app.example', 'https://other.example:8443'];

const LOOPBACK = [
  'http://localhost',
  'http://localhost:5173',
  'https://localhost:5173',
  'http://LOCALHOST:5173',
  'http://127.0.0.1:8080',
  'http://127.9.9.9',
  'http://[::1]:3000',
];

const FOREIGN = [
  'null',
  '',
  'localhost',
  'https://evil.example',
  'http://localhost.evil.com',
  'http://evil.localhost.com',
  'http://localhost@evil.com',
  'http://127.0.0.1@evil.com',
  'http://127.0.0.1.evil.com',
  'http://127.evil.com',
  'http://[::2]:3000',
  'http://0.0.0.0',
  'http://10.0.0.1',
  'file://localhost',
  'ftp://localhost',
  'chrome-extension://localhost',
  'https://app.example.evil.com',
  'https://app.example:8443',
  'http://app.example',
  'https://APP.example',
  'https://app.example/',
  'https://sub.app.example',
  'https://other.example',
];

suite('an origin', () => {
  for (const loopback of [true, false]) {
    test(`is not asked of programs, whether loopback is let in or not: ${loopback}`, () => {
      assert.equal(isOriginAllowed(undefined, { allowed: [], loopback }), true);
    });

    for (const origin of ALLOWED) {
      test(`on the list is let in, loopback or not: ${origin}, ${loopback}`, () => {
        assert.equal(isOriginAllowed(origin, { allowed: ALLOWED, loopback }), true);
      });
    }

    for (const origin of FOREIGN) {
      test(`is kept out, loopback let in or not: "${origin}", ${loopback}`, () => {
        assert.equal(isOriginAllowed(origin, { allowed: ALLOWED, loopback }), false);
      });
    }
  }

  for (const origin of LOOPBACK) {
    test(`of this machine is let in if such are: ${origin}`, () => {
      assert.equal(isOriginAllowed(origin, { allowed: [], loopback: true }), true);
      assert.equal(isOriginAllowed(origin, { allowed: [], loopback: false }), false);
    });
  }

  test('that is "null" is let in if the list says so', () => {
    assert.equal(isOriginAllowed('null', { allowed: ['null'], loopback: false }), true);
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import { type GuardOptions, rebuff } from '../../../src/worker/auth/guard.ts';

const ALLOWED = ['https://app.example', 'https://other.example:8443'];

const LOOPBACK = [
  'http://localhost',
  'http://localhost:5173',
  'https://localhost:5173',
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
  'http://LOCALHOST:5173',
  'http://localhost:5173/',
  'http://localhost:80',
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

/** How a request is answered with this origin, and with these headers and target. */
function statusOf(
  { origin, url = '/mcp', rawHeaders = ['Host', 'localhost'] }: Partial<Tried>,
  options: Partial<GuardOptions> = {},
): number | undefined {
  const headers = origin === undefined ? {} : { origin };
  const guard = { origins: [], loopback: false, hosts: [], ...options };
  return rebuff({ url, headers, rawHeaders }, guard)?.status;
}

interface Tried {
  readonly origin: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
}

suite('an origin', () => {
  for (const loopback of [true, false]) {
    test(`is not asked of programs, whether loopback is let in or not: ${loopback}`, () => {
      assert.equal(statusOf({}, { loopback }), undefined);
    });

    for (const origin of ALLOWED) {
      test(`on the list is let in, loopback or not: ${origin}, ${loopback}`, () => {
        assert.equal(statusOf({ origin }, { origins: ALLOWED, loopback }), undefined);
      });
    }

    for (const origin of FOREIGN) {
      test(`is kept out, loopback let in or not: "${origin}", ${loopback}`, () => {
        assert.equal(statusOf({ origin }, { origins: ALLOWED, loopback }), 403);
      });
    }
  }

  for (const origin of LOOPBACK) {
    test(`of this machine is let in if such are: ${origin}`, () => {
      assert.equal(statusOf({ origin }, { loopback: true }), undefined);
      assert.equal(statusOf({ origin }, { loopback: false }), 403);
    });
  }
});

suite('a host', () => {
  const hosts = ['mcp.example'];
  for (const [host, expected] of [
    ['localhost', undefined],
    ['LOCALHOST:9090', undefined],
    ['10.1.2.3:80', undefined],
    ['[::1]:9090', undefined],
    ['mcp.example', undefined],
    ['MCP.example:8443', undefined],
    ['', 421],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['mcp.example.evil.example', 421],
    ['mcp.example@evil.example', 421],
    ['mcp.example, evil.example', 421],
    ['localhost.', 421],
    ['[::1].evil.example', 421],
    ['0x7f.1', 421],
    ['mcp.example:port', 421],
  ] as const) {
    test(`is ${expected === undefined ? 'ours' : 'not ours'}: "${host}"`, () => {
      assert.equal(statusOf({ rawHeaders: ['hOST', host] }, { hosts }), expected);
    });
  }

  test('has to be said once', () => {
    for (const rawHeaders of [
      [],
      ['X', 'Host'],
      ['Host', 'localhost', 'Accept', '*/*', 'host', 'localhost'],
    ]) {
      assert.equal(statusOf({ rawHeaders }), 400);
    }
  });

  for (const [url, host, expected] of [
    ['http://mcp.example/mcp', 'mcp.example', undefined],
    ['http://mcp.example:80/mcp', 'mcp.example', undefined],
    ['HTTPS://mcp.example', 'mcp.example:443', undefined],
    ['*', 'mcp.example', undefined],
    ['http://evil.example/mcp', 'mcp.example', 400],
    ['http://mcp.example/mcp', 'localhost', 400],
    ['http://mcp.example:81/mcp', 'mcp.example', 400],
    ['http://who@mcp.example/mcp', 'mcp.example', 400],
    ['file://mcp.example/mcp', 'mcp.example', 400],
    ['mcp.example:443', 'mcp.example', 400],
    ['http://evil.example/mcp', 'evil.example', 421],
  ] as const) {
    test(`of the target is ${expected ?? 'fine'} beside ${host}: ${url}`, () => {
      assert.equal(statusOf({ url, rawHeaders: ['Host', host] }, { hosts }), expected);
    });
  }
});

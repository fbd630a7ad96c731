import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, suite, test } from 'node:test';

import { Failure } from '../../../src/shared/errors.ts';
import { findBearer, isJsonWebToken } from '../../../src/worker/auth/bearer.ts';

/** Answers every request with what it shows, or the code of the failure. */
const server = createServer((request, response) => {
  try {
    response.end(JSON.stringify(findBearer(request) ?? null));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    response.end(error.code);
  }
});

/** What a request with these lines is answered. */
async function ask(target: string, ...lines: string[]): Promise<string> {
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const socket = connect(port, '127.0.0.1');
  const head = [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...lines];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const answer = await text(socket);
  return answer.slice(answer.indexOf('\r\n\r\n')).replace(/^\s+(?:\w+\r\n)?|\r\n0\r\n\s*$/g, '');
}

suite('a request', () => {
  before(async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', resolve);
    await promise;
  });
  after(() => {
    server.close();
  });

  for (const [name, lines, expected] of [
    ['without credentials shows nothing', [], 'null'],
    [
      'shows the bearer token of its header',
      ['Authorization: Bearer a.b-c_d~e+f/g=='],
      '"a.b-c_d~e+f/g=="',
    ],
    ['may write the scheme and the header in any case', ['AUTHORIZATION: bEARER abc'], '"abc"'],
    ['may have spaces before and after its token', ['Authorization: Bearer   abc  '], '"abc"'],
    ['with no token is malformed', ['Authorization: Bearer'], 'invalid'],
    ['with an empty token is malformed', ['Authorization: Bearer '], 'invalid'],
    ['with an empty header is malformed', ['Authorization:'], 'invalid'],
    ['with padding alone is malformed', ['Authorization: Bearer =='], 'invalid'],
    ['with two tokens is malformed', ['Authorization: Bearer abc def'], 'invalid'],
    [
      'with two tokens in a list is malformed',
      ['Authorization: Bearer abc, Bearer def'],
      'invalid',
    ],
    ['with a quoted token is malformed', ['Authorization: Bearer "abc"'], 'invalid'],
    ['with a token and no scheme is malformed', ['Authorization: abc'], 'invalid'],
    ['of another scheme is malformed', ['Authorization: Basic YTpi'], 'invalid'],
    ['of a scheme that begins alike is malformed', ['Authorization: Bearerabc'], 'invalid'],
    ['with a tab for a space is malformed', ['Authorization: Bearer\tabc'], 'invalid'],
    ['with a token of other letters is malformed', ['Authorization: Bearer äbc'], 'invalid'],
    [
      'with two such headers is malformed, even if they are alike',
      ['Authorization: Bearer abc', 'Authorization: Bearer abc'],
      'invalid',
    ],
    [
      'with two such headers of which one is empty is malformed',
      ['Authorization: Bearer abc', 'Authorization:'],
      'invalid',
    ],
  ] as const) {
    test(name, async () => assert.equal(await ask('/mcp', ...lines), expected));
  }

  for (const [target, expected] of [
    ['/mcp?access_token=abc', 'unauthorized'],
    ['/?a=b&Access_Token', 'unauthorized'],
    ['/mcp?a=?&access%5Ftoken=abc', 'unauthorized'],
    ['/mcp?token=abc', 'unauthorized'],
    ['/mcp?api_key=abc', 'unauthorized'],
    ['//?token=abc', 'unauthorized'],
    ['http://localhost/mcp?token=abc', 'unauthorized'],
    ['/mcp?ticket=abc', '"key"'],
    ['/mcp?tokens=abc&q=access_token', '"key"'],
    ['/access_token', '"key"'],
    ['//', '"key"'],
    ['/mcp?%', '"key"'],
  ] as const) {
    test(`for ${target} that shows a key is answered ${expected}`, async () => {
      assert.equal(await ask(target, 'Authorization: Bearer key'), expected);
    });
  }

  test('that is malformed in two ways is told of the one that gives a secret away', async () => {
    assert.equal(await ask('/mcp?token=abc', 'Authorization: Basic YTpi'), 'unauthorized');
  });
});

suite('what is shown', () => {
  for (const [credential, expected] of [
    ['eyJhbGciOiJub25lIn0.e30.', true],
    ['eyJhbGciOiJub25lIn0.e30.c2ln', true],
    ['hf_live_0123456789abcdefghijklmnopqrstuv', false],
    ['a.b', false],
    ['a.b.c.d', false],
    ['a.b.c=', false],
    ['..', false],
  ] as const) {
    test(`as ${credential} is ${expected ? 'a' : 'no'} JSON Web Token`, () => {
      assert.equal(isJsonWebToken(credential), expected);
    });
  }
});

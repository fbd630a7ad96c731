import assert from 'node:assert/strict';

import { PING, SSE, testCells } from './http-cells.ts';
import { BODY_BYTES_MAX, begin, LEGACY, modernRequest, post } from './mcp-served.ts';

testCells('Streamable HTTP of the legacy era', [
  ['a request', async ({ url }) => post(url, PING, await begin(url)), 200],
  [
    'a notification',
    async ({ url }) =>
      post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, await begin(url)),
    202,
  ],
  [
    'an answer',
    async ({ url }) => post(url, { jsonrpc: '2.0', id: 'x', result: {} }, await begin(url)),
    202,
  ],
  ['a batch', async ({ url }) => post(url, [PING], await begin(url)), 400, -32600],
  [
    'a batch in 2025-03-26',
    async ({ url }) => post(url, [PING], await begin(url, '2025-03-26')),
    200,
  ],
  [
    'a batch with a request of the modern era in 2025-03-26',
    async ({ url }) => post(url, [modernRequest('tools/list')], await begin(url, '2025-03-26')),
    400,
    -32600,
  ],
  [
    'a body that begins with a mark of the byte order',
    ({ url }) => post(url, `\ufeff${JSON.stringify(PING)}`),
    400,
    -32700,
  ],
  [
    'a batch of notifications in 2025-03-26',
    async ({ url }) => {
      const notification = { jsonrpc: '2.0', method: 'notifications/initialized' };
      return post(url, [notification, notification], await begin(url, '2025-03-26'));
    },
    202,
  ],
  [
    'an Accept of one type',
    async ({ url }) => post(url, PING, { ...(await begin(url)), accept: 'application/json' }),
    406,
  ],
  ['a body that is not JSON', ({ url }) => post(url, '{'), 400, -32700],
  ['a body that is no message', ({ url }) => post(url, { hello: 1 }), 400, -32600],
  [
    'a type that is not JSON',
    ({ url }) => post(url, PING, { ...LEGACY, 'content-type': 'text/plain' }),
    415,
  ],
  [
    'a type with parameters',
    async ({ url }) =>
      post(url, PING, { ...(await begin(url)), 'content-type': 'Application/JSON; charset=utf-8' }),
    200,
  ],
  ['GET without a session', ({ url }) => fetch(url, { headers: SSE }), 400, -32600],
  [
    'GET that takes no events',
    async ({ url }) => fetch(url, { headers: { ...(await begin(url)), accept: 'text/html' } }),
    406,
  ],
  [
    'GET from a place that is none',
    async ({ url }) =>
      fetch(url, { headers: { ...(await begin(url)), ...SSE, 'last-event-id': 'no place' } }),
    400,
  ],
  ['no session', ({ url }) => post(url, PING), 400, -32600],
  [
    'a session that nobody knows',
    ({ url }) => post(url, PING, { ...LEGACY, 'mcp-session-id': 'unknown' }),
    404,
    -32600,
  ],
  [
    'a session that was ended',
    async ({ url }) => {
      const headers = await begin(url);
      assert.equal((await fetch(url, { method: 'DELETE', headers })).status, 204);
      return post(url, PING, headers);
    },
    404,
    -32600,
  ],
  [
    "another's session",
    async ({ url }) => post(url, PING, { ...(await begin(url)), 'x-who': 'bob' }),
    404,
    -32600,
  ],
  [
    "the end of another's session",
    async ({ url }) =>
      fetch(url, { method: 'DELETE', headers: { ...(await begin(url)), 'x-who': 'bob' } }),
    404,
    -32600,
  ],
  [
    'a version in the header that is not spoken',
    async ({ url }) =>
      post(url, PING, { ...(await begin(url)), 'mcp-protocol-version': '1999-01-01' }),
    400,
    -32600,
  ],
  [
    'the version in the header',
    async ({ url }) =>
      post(url, PING, { ...(await begin(url)), 'mcp-protocol-version': '2025-11-25' }),
    200,
  ],
  [
    'a method that nobody knows',
    async ({ url }) => post(url, { ...PING, method: 'nope' }, await begin(url)),
    200,
    -32601,
  ],
  [
    'a second initialize',
    async ({ url }) => {
      const params = {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'a', version: '1' },
      };
      return post(url, { ...PING, method: 'initialize', params }, await begin(url));
    },
    200,
  ],
  ['PUT', ({ url }) => fetch(url, { method: 'PUT' }), 405],
]);

testCells('Streamable HTTP of either era', [
  [
    'a page of an origin that is not allowed',
    ({ url }) => post(url, PING, { ...LEGACY, origin: 'https://evil.example' }),
    403,
  ],
  ['a body that is too large', ({ url }) => post(url, `"${'x'.repeat(BODY_BYTES_MAX)}"`), 413],
  [
    'a body that is too large and does not say so before',
    ({ url }) => {
      const chunks = ReadableStream.from([Buffer.alloc(BODY_BYTES_MAX), Buffer.alloc(1)]);
      return fetch(url, { method: 'POST', headers: LEGACY, body: chunks, duplex: 'half' });
    },
    413,
  ],
  [
    'a body that is not UTF-8',
    ({ url }) =>
      fetch(url, { method: 'POST', headers: LEGACY, body: Buffer.from([0x22, 0xff, 0x22]) }),
    400,
  ],
]);

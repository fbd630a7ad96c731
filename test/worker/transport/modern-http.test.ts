import { SSE, testCells } from './http-cells.ts';
import { LEGACY, modernHeaders, modernRequest, post } from './mcp-served.ts';

const MODERN = { 'mcp-protocol-version': '2026-07-28' };
const LIST = modernRequest('tools/list');
const LIST_HEADERS = modernHeaders('tools/list');
const callOf = (name: string, given: object = {}, capabilities: object = {}): object =>
  modernRequest(
    'tools/call',
    { name, arguments: given },
    { 'io.modelcontextprotocol/clientCapabilities': capabilities },
  );

testCells('Streamable HTTP of the modern era', [
  ['a request', ({ url }) => post(url, LIST, LIST_HEADERS), 200],
  [
    'a notification',
    ({ url }) => post(url, { jsonrpc: '2.0', method: 'notifications/x' }, { ...LEGACY, ...MODERN }),
    202,
  ],
  [
    'an answer',
    ({ url }) => post(url, { jsonrpc: '2.0', id: 1, result: {} }, { ...LEGACY, ...MODERN }),
    400,
  ],
  ['a batch', ({ url }) => post(url, [LIST], LIST_HEADERS), 400, -32600],
  [
    'an Accept of one type',
    ({ url }) => post(url, LIST, { ...LIST_HEADERS, accept: 'application/json' }),
    200,
  ],
  ['a body that is not JSON', ({ url }) => post(url, '{', LIST_HEADERS), 400, -32700],
  [
    'a type that is not JSON',
    ({ url }) => post(url, LIST, { ...LIST_HEADERS, 'content-type': 'text/plain' }),
    415,
  ],
  ['GET', ({ url }) => fetch(url, { headers: { ...SSE, ...MODERN } }), 405],
  ['DELETE', ({ url }) => fetch(url, { method: 'DELETE', headers: MODERN }), 405],
  ['PUT', ({ url }) => fetch(url, { method: 'PUT', headers: MODERN }), 405],
  [
    'a session that nobody knows',
    ({ url }) => post(url, LIST, { ...LIST_HEADERS, 'mcp-session-id': 'unknown' }),
    200,
  ],
  [
    'no version in the header',
    ({ url }) => post(url, LIST, { ...LEGACY, 'mcp-method': 'tools/list' }),
    400,
    -32020,
  ],
  [
    'another version in the header',
    ({ url }) => post(url, LIST, { ...LIST_HEADERS, 'mcp-protocol-version': '2025-11-25' }),
    400,
    -32020,
  ],
  [
    'a version that is not spoken',
    ({ url }) => {
      const meta = { 'io.modelcontextprotocol/protocolVersion': '2099-01-01' };
      const headers = { ...LIST_HEADERS, 'mcp-protocol-version': '2099-01-01' };
      return post(url, modernRequest('tools/list', {}, meta), headers);
    },
    400,
    -32022,
  ],
  [
    'no envelope, though the header is of this era',
    ({ url }) => post(url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, LIST_HEADERS),
    400,
    -32602,
  ],
  [
    'an envelope without capabilities',
    ({ url }) => {
      const meta = { 'io.modelcontextprotocol/clientCapabilities': undefined };
      return post(url, modernRequest('tools/list', {}, meta), LIST_HEADERS);
    },
    400,
    -32602,
  ],
  [
    'another method in the header',
    ({ url }) => post(url, LIST, modernHeaders('TOOLS/LIST')),
    400,
    -32020,
  ],
  [
    'another name in the header',
    ({ url }) => post(url, callOf('echo', { text: 'a' }), modernHeaders('tools/call', 'counts')),
    400,
    -32020,
  ],
  [
    'a name in Base64',
    ({ url }) =>
      post(
        url,
        callOf('echo', { text: 'a' }),
        modernHeaders('tools/call', `=?base64?${btoa('echo')}?=`),
      ),
    200,
  ],
  [
    'a mirrored argument that the header lacks',
    ({ url }) =>
      post(url, callOf('mirrors', { region: 'a' }), modernHeaders('tools/call', 'mirrors')),
    400,
    -32020,
  ],
  [
    'a mirrored argument that is not there, and none in the header',
    ({ url }) =>
      post(url, callOf('mirrors', { region: null }), modernHeaders('tools/call', 'mirrors')),
    200,
  ],
  [
    'a mirrored argument below another, as another number of the same value',
    ({ url }) =>
      post(url, callOf('mirrors', { at: { row: 42 } }), {
        ...modernHeaders('tools/call', 'mirrors'),
        'mcp-param-row': '42.0',
      }),
    200,
  ],
  [
    'a method that nobody knows',
    ({ url }) => post(url, modernRequest('nope'), modernHeaders('nope')),
    404,
    -32601,
  ],
  [
    'a method of the other era',
    ({ url }) => post(url, modernRequest('ping'), modernHeaders('ping')),
    404,
    -32601,
  ],
  [
    'a capability that the tool needs',
    ({ url }) => post(url, callOf('asks-name'), modernHeaders('tools/call', 'asks-name')),
    400,
    -32021,
  ],
  [
    'a tool that nobody knows',
    ({ url }) => post(url, callOf('none'), modernHeaders('tools/call', 'none')),
    200,
    -32602,
  ],
  [
    'a resource that nobody knows',
    ({ url }) =>
      post(
        url,
        modernRequest('resources/read', { uri: 'test://none' }),
        modernHeaders('resources/read', 'test://none'),
      ),
    200,
    -32602,
  ],
]);

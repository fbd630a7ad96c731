import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { suite, test } from 'node:test';
import { serve } from '../../egress/asked.ts';
import { recordLog } from '../../recorded-log.ts';
import { callHttp, declareHttp } from './http-tool.ts';

const TOKEN = 'a-token-"quoted"-of-an-api';
const PARAMETERS = `
  text: { type: string, required: false }
  count: { type: integer, default: 3 }
  tags: { type: array, items: { type: string }, required: false }`;

/** What arrived at a server. */
interface Arrived {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

suite('the request of a declared tool', () => {
  test('has its arguments where they were written, with their types, and without those that are absent', async () => {
    let arrived: Arrived | undefined;
    await using asked = await serve((request, response) => {
      const { method, url, headers } = request;
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      request.on('end', () => {
        arrived = { method, url, headers, body };
        response.writeHead(204).end();
      });
    });
    const tool = declareHttp(
      `
  method: PUT
  url: ${asked.url}/shops/{shop}.v{version}/items?strict=1
  query: { q: $text, limit: 10, all: true, tag: $tags, price: $$5 }
  headers: { X-Text: $text, X-Count: $count, X-Kind: item }
  body: { text: $text, count: $count, tags: $tags, list: [$text, 1, $$text], inner: { none: null, on: true } }`,
      `${PARAMETERS}
  shop: { type: string }
  version: { type: number }`,
    );
    const all = { shop: 'a/b c', version: 1.5, text: 'x&y=1', tags: ['a', 'b'] };
    await callHttp(tool, all);
    assert.equal(arrived?.method, 'PUT');
    assert.equal(
      arrived.url,
      '/shops/a%2Fb%20c.v1.5/items?strict=1&q=x%26y%3D1&limit=10&all=true&tag=a&tag=b&price=%245',
    );
    const {
      'x-text': text,
      'x-count': count,
      'x-kind': kind,
      'content-type': type,
    } = arrived.headers;
    assert.deepEqual([text, count, kind, type], ['x&y=1', '3', 'item', 'application/json']);
    assert.deepEqual(JSON.parse(arrived.body), {
      text: 'x&y=1',
      count: 3,
      tags: ['a', 'b'],
      list: ['x&y=1', 1, '$text'],
      inner: { none: null, on: true },
    });

    await callHttp(tool, { shop: 'a', version: 1 });
    assert.equal(arrived.url, '/shops/a.v1/items?strict=1&limit=10&all=true&price=%245');
    assert.equal(arrived.headers['x-text'], undefined);
    assert.deepEqual(JSON.parse(arrived.body), {
      count: 3,
      list: [1, '$text'],
      inner: { none: null, on: true },
    });
  });

  test('has what the environment says, which is never told to anybody', async () => {
    const { log, lines } = recordLog();
    const heard: IncomingHttpHeaders[] = [];
    await using asked = await serve(({ headers, url }, response) => {
      heard.push(headers);
      const status = url?.startsWith('/refused') === true ? 401 : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ echo: headers, url: decodeURIComponent(url ?? '') }));
    });
    for (const path of ['', '/refused']) {
      const tool = declareHttp(
        `
  url: ${asked.url}${path}
  query: { key: "\${API_TOKEN}" }
  headers: { Authorization: "Bearer \${API_TOKEN}" }`,
        '{}',
        '',
        { API_TOKEN: TOKEN },
      );
      const result = JSON.stringify(await callHttp(tool, {}, { log }));
      assert.equal(heard.at(-1)?.authorization, `Bearer ${TOKEN}`);
      assert.ok(!/a-token|quoted/.test(result), result);
    }
    assert.ok(!JSON.stringify(lines).includes('a-token'));
  });

  test('is not sent if an argument would be another header', async () => {
    let isAsked = false;
    await using asked = await serve((_request, response) => {
      isAsked = true;
      response.end();
    });
    const tool = declareHttp(
      ` { url: "${asked.url}", headers: { X-Text: $text } }`,
      '{ text: { type: string } }',
    );
    const { isError, content } = await callHttp(tool, { text: 'a\r\nX-Other: b' });
    assert.equal(isError, true);
    assert.match(JSON.stringify(content), /characters that no header has/);
    assert.equal(isAsked, false);
  });
});

const hintsOf = (method: string, more = '') =>
  declareHttp(` { method: ${method}, url: "http://a.example/" }`, '{}', more).annotations;

suite('a declared tool says of itself that it', () => {
  test('reaches others, and what its method promises', () => {
    const openWorldHint = true;
    assert.deepEqual(hintsOf('GET'), { openWorldHint, readOnlyHint: true });
    assert.deepEqual(hintsOf('POST'), { openWorldHint });
    assert.deepEqual(hintsOf('PATCH'), { openWorldHint });
    assert.deepEqual(hintsOf('PUT'), { openWorldHint, idempotentHint: true });
    assert.deepEqual(hintsOf('DELETE'), { openWorldHint, idempotentHint: true });
  });

  test('does otherwise, if its author knows better', () => {
    const hints = 'annotations: { readOnlyHint: false, openWorldHint: false }\n';
    assert.deepEqual(hintsOf('GET', hints), { readOnlyHint: false, openWorldHint: false });
  });
});

/** What a server that is mounted over HTTP may answer, and how it is asked. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';

import {
  type Answer,
  type Asked,
  JSON_TYPE,
  messageOf,
  mountAt,
  STREAM,
  serve,
  worked,
  works,
} from './by-hand.ts';
import { serveFixture } from './fixtures/http-server.ts';
import { isFailure } from './mounted-hostile.ts';

const WITHIN = { timeout: 20_000 };
const LISTED = {
  tools: ['works', 'does'].map((name) => ({ name, inputSchema: { type: 'object' } })),
};
const TOKEN = 'Bearer canary-5e1f7c0ffee';

suite('a server mounted over HTTP is asked', () => {
  test('with the headers of its file, and those of the protocol', async (t) => {
    const served = await serve(t);
    const headers = { Authorization: TOKEN, Accept: 'nothing', 'Mcp-Session-Id': 'forged' };
    const mounted = await mountAt(t, served, {}, { headers });
    await works(mounted);
    const [hello] = served.seen;
    assert.equal(hello?.request.headers['mcp-protocol-version'], undefined);
    const asked = served.seen.find(({ asked: { method } }) => method === 'tools/call');
    const { authorization, accept, ...sent } = asked?.request.headers ?? {};
    assert.equal(authorization, TOKEN);
    assert.equal(accept, 'application/json, text/event-stream');
    assert.equal(sent['mcp-session-id'], 'session-1');
    assert.equal(sent['mcp-protocol-version'], '2025-11-25');
    assert.equal(sent['accept-encoding'], 'identity');
  });

  test('to end the session when it is no longer mounted', async (t) => {
    const served = await serve(t);
    const mounted = await mountAt(t, served);
    await mounted[Symbol.asyncDispose]();
    const { request } = served.seen.at(-1) ?? {};
    assert.deepEqual(
      [request?.method, request?.headers['mcp-session-id']],
      ['DELETE', 'session-1'],
    );
    await assert.rejects(mounted.call('it_works'), isFailure('unavailable'));
  });

  test('for a new session when it knows the old one no longer, and the calls are made in that', async (t) => {
    await using served = await serveFixture();
    const mounted = await mountAt(t, served);
    served.forget();
    const results = await Promise.all(
      Array.from({ length: 5 }, () => mounted.call('it_echo', { said: 'again' })),
    );
    for (const { content } of results) assert.deepEqual(content, [{ type: 'text', text: 'again' }]);
  });

  test('for a new session once, and is away when it does not know that either', async (t) => {
    let isForgetful = false;
    const served = await serve(t, {
      'tools/list': ({ response, asked }) => {
        if (isForgetful) response.writeHead(404).end();
        else response.writeHead(200, JSON_TYPE).end(messageOf(asked, LISTED));
      },
      does: ({ response }) => response.writeHead(404).end(),
    });
    const mounted = await mountAt(t, served);
    isForgetful = true;
    const listsOf = () => served.seen.filter(({ asked }) => asked.method === 'tools/list').length;
    const before = listsOf();
    await assert.rejects(mounted.call('it_does'), isFailure('unavailable'));
    // The look that follows a call that failed comes to the same, and so does the next call.
    await t.waitFor(() => assert.ok(listsOf() >= before + 2), WITHIN);
    await assert.rejects(mounted.call('it_does'), isFailure('unavailable'));
    isForgetful = false;
    await works(mounted);
  });

  test('for a new session once when it is mounted, and is away at first', async (t) => {
    const served = await serve(t, {
      'tools/list': ({ response }) => response.writeHead(404).end(),
    });
    const mounted = await mountAt(t, served);
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /answers with the status 404/);
    assert.deepEqual(mounted.names(), []);
  });

  test('for the rest of a stream that ended before its answer', async (t) => {
    const served = await serve(t, {
      does: ({ response }) => {
        response.writeHead(200, STREAM).end('id: event-7\nretry: 10\ndata:\n\n');
      },
      GET: ({ request, response }) => {
        if (request.headers['last-event-id'] === undefined) response.writeHead(405).end();
        else {
          const { asked } =
            served.seen.find(({ asked: { params } }) => params.name === 'does') ?? {};
          const message = asked === undefined ? '' : messageOf(asked, worked);
          response.writeHead(200, STREAM).end(`data: ${message}\n\n`);
        }
      },
    });
    const mounted = await mountAt(t, served);
    assert.deepEqual((await mounted.call('it_does')).content, worked.content);
    assert.equal(served.seen.at(-1)?.request.headers['last-event-id'], 'event-7');
  });
});

suite('a server mounted over HTTP that', () => {
  test('leads elsewhere is not followed, and our credentials stay here', async (t) => {
    const elsewhere = await serve(t);
    const served = await serve(t, {
      does: ({ response }) => response.writeHead(307, { location: elsewhere.url }).end(),
    });
    const mounted = await mountAt(t, served, {}, { headers: { Authorization: TOKEN } });
    await assert.rejects(mounted.call('it_does'), isFailure('unavailable'));
    assert.equal(elsewhere.seen.length, 0);
  });

  for (const [what, answer] of [
    ['answers nothing', ({ response }) => response.writeHead(200, JSON_TYPE).end('{}')],
    ['answers with a page', ({ response }) => response.writeHead(200).end('<html>')],
    ['ends its stream', ({ response }) => response.writeHead(200, STREAM).end('data: {}\n\n')],
    ['hangs up', ({ response }) => response.destroy()],
    [
      'hangs up in the middle',
      ({ response }) => {
        response.writeHead(200, STREAM).write('data: {"js', () => response.destroy());
      },
    ],
    ['fails', ({ response }) => response.writeHead(500).end('at /srv/app.js:1')],
    ['accepts a question', ({ response }) => response.writeHead(202).end()],
  ] as const satisfies readonly (readonly [string, Answer])[]) {
    test(`${what} loses that call alone`, async (t) => {
      const mounted = await mountAt(t, await serve(t, { does: answer }));
      await assert.rejects(mounted.call('it_does'), (error) => {
        assert.ok(isFailure('unavailable')(error), String(error));
        assert.equal(Object(error).message, 'The server "it" is away');
        return true;
      });
      await works(mounted);
    });
  }

  test('says when to come again is believed, within reason', async (t) => {
    let after = '7';
    const answer: Answer = ({ response }) => {
      response.writeHead(503, { 'retry-after': after }).end();
    };
    const mounted = await mountAt(t, await serve(t, { does: answer }));
    const waitOf = async (): Promise<unknown> =>
      mounted.call('it_does').catch((error: unknown) => Object(error).retryAfterMs);
    assert.equal(await waitOf(), 7_000);
    after = '86400';
    assert.equal(await waitOf(), 60_000);
    after = 'Wed, 21 Oct 2026 07:28:00 GMT';
    assert.equal(await waitOf(), 1_000);
  });

  for (const [what, type, body] of [
    [
      'a message',
      JSON_TYPE,
      (asked: Asked) => messageOf(asked, { content: 'x'.repeat(5_000_000) }),
    ],
    [
      'an event',
      STREAM,
      (asked: Asked) => `data: ${messageOf(asked, { a: 'x'.repeat(5_000_000) })}\n\n`,
    ],
  ] as const) {
    test(`answers with ${what} that is too large loses that call alone`, async (t) => {
      const mounted = await mountAt(
        t,
        await serve(t, {
          does: ({ response, asked }) => response.writeHead(200, type).end(body(asked)),
        }),
      );
      const result = await mounted.call('it_does');
      assert.match(JSON.stringify(result), /larger than 4194304 bytes/);
      await works(mounted);
    });
  }

  test('never ends a stream that has no answer costs the call its time', async (t) => {
    const served = await serve(t, {
      does: ({ response }) => {
        response.writeHead(200, STREAM);
        response.flushHeaders();
      },
    });
    const mounted = await mountAt(t, served, {}, { timeoutMs: 300 });
    await assert.rejects(mounted.call('it_does'), isFailure('timeout'));
    const { response } = served.seen.find(({ asked: { params } }) => params.name === 'does') ?? {};
    if (response?.closed === false) await once(response, 'close');
    await t.waitFor(() => {
      const cancelled = served.seen.find(({ asked }) => asked.method === 'notifications/cancelled');
      assert.ok(cancelled);
    }, WITHIN);
  });

  test('refuses our credentials is told of, without them', async (t) => {
    const served = await serve(t, {
      initialize: ({ request, response }) => {
        response.writeHead(401, { 'www-authenticate': String(request.headers.authorization) });
        response.end(String(request.headers.authorization));
      },
    });
    const mounted = await mountAt(t, served, {}, { headers: { Authorization: TOKEN } });
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /answers with the status 401/);
    assert.doesNotMatch(mounted.logged(), /canary/);
  });

  test('repeats our credentials has them struck out', async (t) => {
    const mounted = await mountAt(
      t,
      await serve(t, {
        does: ({ request, response, asked }) => {
          const { authorization = '' } = request.headers;
          const said = `${authorization} or ${authorization.slice('Bearer '.length)}`;
          const result = {
            content: [{ type: 'text', text: said }],
            structuredContent: { [said]: said },
          };
          response.writeHead(200, JSON_TYPE).end(messageOf(asked, result));
        },
      }),
      {},
      { headers: { Authorization: TOKEN } },
    );
    const result = await mounted.call('it_does');
    assert.doesNotMatch(JSON.stringify(result), /canary/);
    assert.deepEqual(result.structuredContent, {
      '[redacted] or [redacted]': '[redacted] or [redacted]',
    });
  });

  test('is away at first is a warning, and is served when it comes', async (t) => {
    const first = await serve(t);
    first.close();
    const mounted = await mountAt(t, first);
    assert.match(String(mounted.loaded.warnings?.[0]?.message), /it cannot be reached/);
    assert.deepEqual(mounted.names(), []);
    await serve(t, {}, Number(new URL(first.url).port));
    await t.waitFor(() => works(mounted), WITHIN);
  });

  test('goes away is noticed by the calls that fail, and its return as well', async (t) => {
    const served = await serve(t);
    const mounted = await mountAt(t, served);
    await works(mounted);
    served.close();
    await assert.rejects(mounted.call('it_works'), isFailure('unavailable'));
    await t.waitFor(() => {
      assert.ok(mounted.said().includes('mounted server is away'));
    }, WITHIN);
    await serve(t, {}, Number(new URL(served.url).port));
    await t.waitFor(() => works(mounted), WITHIN);
  });

  test('answers many at once, as 2025-03-26 has it, is understood', async (t) => {
    const mounted = await mountAt(
      t,
      await serve(t, {
        does: ({ response, asked }) => {
          const note = { jsonrpc: '2.0', method: 'notifications/message', params: {} };
          const answer: unknown = JSON.parse(messageOf(asked, worked));
          response.writeHead(200, JSON_TYPE).end(JSON.stringify([note, answer]));
        },
      }),
    );
    assert.deepEqual((await mounted.call('it_does')).content, worked.content);
  });
});

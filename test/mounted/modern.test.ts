/** Servers of the modern era, which know no handshake. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { suite, type TestContext, test } from 'node:test';

import { defineTool } from '../../src/worker/tools/tool.ts';
import { serveMcp } from '../worker/transport/mcp-served.ts';
import { mountAt } from './by-hand.ts';

const WITHIN = { timeout: 20_000 };

suite('a server that knows no handshake', () => {
  const tools = [
    defineTool({
      name: 'greet',
      description: 'Greets.',
      input: {
        type: 'object',
        properties: { who: { type: 'string', 'x-mcp-header': 'Who' } },
        required: ['who'],
      },
      run: async ({ who }, { progress }) => {
        await progress(1, 2, 'half');
        return `Hello, ${String(who)}`;
      },
    }),
  ];

  /** One of ours, behind something that refuses what is not of the modern era. */
  async function serveModern(t: TestContext) {
    const served = await serveMcp({ tools });
    const methods: unknown[] = [];
    const front = createServer((request, response) => {
      void (async () => {
        const body = await textOf(request);
        methods.push(request.headers['mcp-method']);
        if (request.method !== 'POST' || request.headers['mcp-method'] === undefined) {
          response.writeHead(400).end();
          return;
        }
        const headers = Object.fromEntries(
          Object.entries(request.headers)
            .filter(
              ([name]) => name.startsWith('mcp-') || ['accept', 'content-type'].includes(name),
            )
            .map(([name, value]) => [name, String(value)]),
        );
        const gone = new AbortController();
        response.once('close', () => {
          gone.abort();
        });
        const answer = await fetch(served.url, {
          method: 'POST',
          body,
          headers,
          signal: gone.signal,
        });
        response.writeHead(answer.status, {
          'content-type': answer.headers.get('content-type') ?? '',
        });
        for await (const chunk of answer.body ?? []) response.write(chunk);
        response.end();
      })().catch(() => response.destroy());
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    t.after(async () => {
      front.close();
      front.closeAllConnections();
      await served[Symbol.asyncDispose]();
    });
    // A TCP server that listens has an address of this kind.
    const { port } = front.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/mcp`, changes: served.changes, methods };
  }

  test('is asked without one, and passes on what it says', async (t) => {
    const mounted = await mountAt(t, await serveModern(t));
    assert.deepEqual(mounted.loaded.warnings, []);
    const told: unknown[] = [];
    const progress = async (...how: readonly unknown[]): Promise<void> => {
      told.push(how);
    };
    for (const who of ['Ann', 'Käthe', ' Ben ', '=?base64?x?=']) {
      const result = await mounted.call('it_greet', { who }, { progress });
      assert.deepEqual(result.content, [{ type: 'text', text: `Hello, ${who}` }]);
      assert.equal('_meta' in result, false);
    }
    assert.deepEqual(told[0], [1, 2, 'half']);
  });

  test('tells of changes over a request that lasts', async (t) => {
    const { url, changes, methods } = await serveModern(t);
    const listsOf = (): number => methods.filter((method) => method === 'tools/list').length;
    await mountAt(t, { url }, { patience: { lookMs: 600_000 } });
    const before = listsOf();
    // It may be up before it listens.
    await t.waitFor(async () => {
      await changes.announce({ list: 'tools' });
      assert.ok(listsOf() > before);
    }, WITHIN);
  });
});

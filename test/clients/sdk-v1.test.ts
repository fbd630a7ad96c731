/** The official TypeScript SDK, version 1, as an agent: 100 calls over 10 WebSockets. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { WebSocketClientTransport } from '@modelcontextprotocol/sdk/client/websocket.js';
import { Client as PostgresClient } from 'pg';
import { WebSocket } from 'ws';

import { createDatabase } from '../postgres.ts';
import {
  type Holdfast,
  MISBEHAVING_TOOLS,
  startHoldfast,
  suiteServers,
} from '../process/holdfast.ts';

const HARDWARE_STORE = join(import.meta.dirname, '../../examples/hardware-store');
const CONNECTIONS = 10;
const CALLS_EACH = 10;
const WORKERS = 2;

interface Product {
  readonly sku: string;
  readonly name: string;
}

async function connect(port: number): Promise<Client> {
  const client = new Client({ name: 'holdfast-test', version: '1.0.0' });
  await client.connect(new WebSocketClientTransport(new URL(`ws://127.0.0.1:${port}/mcp`)));
  return client;
}

/** Calls a tool and takes its structured answer, which the SDK has held against the output schema. */
async function ask<Result>(client: Client, name: string, given: object): Promise<Result> {
  const { structuredContent, isError, content } = await client.callTool({
    name,
    arguments: { ...given },
  });
  assert.notEqual(isError, true, JSON.stringify(content));
  return structuredContent as Result; // what the test expects is asserted field by field
}

suite('the official SDK 1.32 over WebSocket', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let holdfast: Holdfast;
  let clients: Client[];
  before(async () => {
    Object.assign(globalThis, { WebSocket });
    database = await createDatabase();
    holdfast = startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_TOOLS: `${HARDWARE_STORE},${MISBEHAVING_TOOLS}`,
        MCP_WORKERS: String(WORKERS),
      },
    });
    const port = await holdfast.serving;
    clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect(port)));
  });
  after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await holdfast[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('sees the four tools of the hardware store', async () => {
    const { tools } = await (clients[0] ?? assert.fail()).listTools();
    const names = tools.map(({ name }) => name);
    for (const name of ['check_stock', 'get_product', 'quote', 'search_products']) {
      assert.ok(names.includes(name));
    }
    assert.deepEqual(names, names.toSorted());
  });

  test('is spread over all workers', async () => {
    const answers = clients.map((client) => ask<{ pid: number }>(client, 'who_serves', {}));
    const pids = new Set((await Promise.all(answers)).map(({ pid }) => pid));
    assert.equal(pids.size, WORKERS);
  });

  test('gets rows out of Postgres in 100 calls, and its quotes are kept there', async () => {
    const queries = [
      'chipboard screw',
      'hammer drill',
      'masonry paint',
      'ball valve',
      'garden hose',
    ];
    const quoted = await Promise.all(
      clients.map(async (client, index) => {
        let quotes = 0;
        for (let call = 0; call < CALLS_EACH; call += 4) {
          const query = queries[(index + call) % queries.length];
          const found = await ask<{ products: Product[] }>(client, 'search_products', { query });
          const [{ sku, name } = assert.fail(`nothing found for ${query}`)] = found.products;
          const product = await ask<Product>(client, 'get_product', { sku });
          assert.equal(product.name, name);
          if (call + 2 >= CALLS_EACH) break;
          const stock = await ask<{ total: number }>(client, 'check_stock', { sku });
          assert.ok(stock.total >= 0);
          await ask(client, 'quote', { lines: [{ sku, quantity: 3 }] });
          quotes += 1;
        }
        return quotes;
      }),
    );
    const expected = quoted.reduce((sum, quotes) => sum + quotes, 0);
    assert.equal(expected, CONNECTIONS * 2);

    const postgres = new PostgresClient({ connectionString: database.url });
    await postgres.connect();
    const { rows } = await postgres.query<{ count: number }>(
      'select count(*)::integer as count from hardware_store.quotes',
    );
    await postgres.end();
    assert.equal(rows[0]?.count, expected);
  });

  test('is told what is wrong with its arguments, and of an unknown tool', async () => {
    const [client = assert.fail()] = clients;
    const wrong = await client.callTool({ name: 'get_product', arguments: { sku: 7 } });
    assert.equal(wrong.isError, true);
    await assert.rejects(client.callTool({ name: 'no_such_tool' }), { code: -32602 });
  });

  test('can cancel a call, and is told of progress', async () => {
    const [client = assert.fail()] = clients;
    const seen: number[] = [];
    await client.callTool({ name: 'waits', arguments: { ms: 50 } }, undefined, {
      onprogress: ({ progress }) => seen.push(progress),
    });
    assert.deepEqual(seen, [1]);
    const cancel = new AbortController();
    const call = client.callTool({ name: 'waits', arguments: { ms: 30_000 } }, undefined, {
      signal: cancel.signal,
    });
    cancel.abort('enough');
    await assert.rejects(call);
    await client.ping();
  });
});

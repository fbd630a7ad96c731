/** What somebody may try who chooses what a tool asks for. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { silent } from '../../src/shared/logger.ts';
import type { ToolResult } from '../../src/worker/domain/tool-result.ts';
import type { Resolve, ResolvedAddress } from '../../src/worker/egress/connections.ts';
import { parseDocuments } from '../../src/worker/tools/declared/document.ts';
import { declareTool } from '../../src/worker/tools/declared/tool.ts';
import { createToolRegistry } from '../../src/worker/tools/registry.ts';
import { defineTool, type Tool } from '../../src/worker/tools/tool.ts';
import { LOOPBACK, openEgress, serve } from '../worker/egress/asked.ts';
import {
  callTool,
  contextOf,
  entryOf,
  noFacilities,
  runCall,
} from '../worker/tools/tool-context.ts';

/** Asks for whatever it is told to. */
const obedient = defineTool({
  name: 'read',
  description: 'Reads a page.',
  input: { type: 'object', properties: { url: { type: 'string' } } },
  run: async ({ url }, { fetch }) => (await fetch(String(url))).text(),
});

async function call(
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
  options: Parameters<typeof openEgress>[0] = {},
): Promise<ToolResult> {
  await using opened = openEgress(options);
  const entry = entryOf(tool, { ...noFacilities, fetch: opened.egress.source() });
  const registered = createToolRegistry([entry]).find(tool.name);
  assert.ok(registered);
  return await callTool(registered, given, contextOf(), runCall);
}

/** A server of this machine that nobody is to reach. */
async function serveSecret() {
  let reached = 0;
  const asked = await serve((_request, response) => response.end('secret'));
  asked.server.on('connection', () => {
    reached += 1;
  });
  return { ...asked, reached: () => reached };
}

function assertRefused({ isError, content }: ToolResult, text: RegExp): void {
  const [first] = content;
  assert.ok(isError === true && first?.type === 'text', JSON.stringify(content));
  assert.match(first.text, text);
}

suite('a URL that leads', () => {
  for (const [where, host] of [
    ['to this machine', '127.0.0.1'],
    ['to this machine, by half an address', '127.1'],
    ['to this machine, in hexadecimal', '0x7f.1'],
    ['to this machine, in octal', '0177.0.0.01'],
    ['to this machine, as one number', '2130706433'],
    ['to this machine, as zero', '0'],
    ['to this machine, by its name', 'localhost'],
    ['to this machine, by its whole name', 'localhost.'],
    ['to this machine, with dots of Chinese', '127。0。0。1'],
    ['to this machine, in full width', '１２７.０.０.１'],
    ['to this machine, in circles', '①②⑦.⓪.⓪.①'],
    ['to this machine, with escapes', '%31%32%37.0.0.1'],
    ['to this machine, in IPv6', '[::1]'],
    ['to this machine, unspecified', '[::]'],
    ['to this machine, as IPv4 in IPv6', '[::ffff:127.0.0.1]'],
    ['to this machine, as IPv4 in old IPv6', '[::127.0.0.1]'],
    ['to this machine, through NAT64', '[64:ff9b::7f00:1]'],
    ['to this machine, through 6to4', '[2002:7f00:1::]'],
    ['to where clouds keep credentials', '169.254.169.254'],
    ['to where clouds keep credentials, in IPv6', '[fd00:ec2::254]'],
    ['to where clouds keep credentials, as one number', '2852039166'],
    ['into a private network', '10.0.0.1'],
  ] as const) {
    test(`${where} is refused, and the model reads so (S52)`, async () => {
      await using secret = await serveSecret();
      const result = await call(
        obedient,
        { url: `http://${host}:${secret.port}/` },
        { allowed: [], resolve: async () => [LOOPBACK] },
      );
      assertRefused(result, /is at no public address/);
      assert.equal(secret.reached(), 0);
    });
  }

  for (const url of [
    'file:///etc/passwd',
    'gopher://a.example/_x',
    'data:,x',
    'ftp://a.example/',
  ]) {
    test(`to ${url} is refused, and the model reads so (S52)`, async () => {
      assertRefused(await call(obedient, { url }), /neither http: nor https:$/);
    });
  }

  test('to one user of a page at another, with an @, is refused (S52)', async () => {
    const url = 'http://public.example@127.0.0.1/';
    assertRefused(await call(obedient, { url }), /a user or a password/);
  });
});

suite('a name', () => {
  test('that has a public and a private address is refused, and neither is asked (S52)', async () => {
    await using secret = await serveSecret();
    const both: readonly ResolvedAddress[] = [{ address: '8.8.8.8', family: 4 }, LOOPBACK];
    for (const addresses of [both, both.toReversed()]) {
      const result = await call(
        obedient,
        { url: `http://rebound.example:${secret.port}/` },
        { allowed: [], resolve: async () => addresses },
      );
      assertRefused(result, /^rebound\.example:\d+ is at no public address/);
    }
    assert.equal(secret.reached(), 0);
  });

  test('that stands for another address after it was looked at is connected to where it was (S52)', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end('as it was');
    });
    let lookups = 0;
    const turning: Resolve = async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    const url = `http://rebound.example:${server.port}/`;
    await using opened = openEgress({ resolve: turning });
    assert.equal(await (await opened.fetch(url)).text(), 'as it was');
    assert.equal(lookups, 1, 'there is no second look between the check and the connection');
    await assert.rejects(opened.fetch(url), /is at no public address/);
  });
});

suite('a redirect', () => {
  for (const [where, to] of [
    ['into this machine', (port: number) => `http://127.0.0.1:${port}/`],
    ['into this machine by a name', (port: number) => `http://inside.example:${port}/`],
    ['to a file', () => 'file:///etc/passwd'],
  ] as const) {
    test(`${where} is refused, and where it leads to is not told (S52)`, async () => {
      await using secret = await serveSecret();
      await using server = await serve((_request, response) => {
        response.writeHead(302, { location: to(secret.port) }).end();
      });
      // The first is let through by its name, and so stands for one that is public.
      const options = { allowed: ['public.example'], resolve: async () => [LOOPBACK] };
      const url = `http://public.example:${server.port}/`;
      const result = await call(obedient, { url }, options);
      assertRefused(result, /^public\.example:\d+ redirects to where nothing may be asked$/);
      assert.equal(secret.reached(), 0);
    });
  }
});

test('a proxy of the environment is not used (S52)', async (t) => {
  await using proxy = await serveSecret();
  const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
  const before = names.map((name) => [name, process.env[name]] as const);
  for (const name of names) process.env[name] = name.startsWith('NODE') ? '1' : proxy.url;
  t.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
  await using server = await serve((_request, response) => response.end('direct'));
  assert.deepEqual((await call(obedient, { url: server.url })).content, [
    { type: 'text', text: 'direct' },
  ]);
  assert.equal(proxy.reached(), 0);
});

/** A tool that is declared, with an argument in its path. */
function declareItem(port: number): Tool {
  const text = `
name: item
description: Reads an item.
kind: http
parameters: { id: { type: string } }
http: { url: 'http://127.0.0.1:${port}/items/{id}/price' }
`;
  const [document] = parseDocuments(text, 'item.yaml');
  assert.ok(document);
  return declareTool(document, { environment: {}, log: silent });
}

suite('an argument in the path of a declared tool', () => {
  for (const [what, id] of [
    ['goes up', '..'],
    ['goes up and down again', '../../admin'],
    ['goes up behind something', 'a/../../admin'],
    ['goes up, as Windows has it', '..\\..\\admin'],
    ['goes up, with escapes', '%2e%2e'],
    ['stays where it is', '.'],
    ['is nothing', ''],
    ['has a NUL', 'a\0.json'],
    ['has a line of its own', 'a HTTP/1.1\r\nX-Injected: 1\r\n\r\n'],
    ['has half a character', '\ud800'],
  ] as const) {
    test(`that ${what} is refused, and the model reads so (S51)`, async () => {
      await using secret = await serveSecret();
      const result = await call(declareItem(secret.port), { id });
      assertRefused(result, /^arguments\.id cannot be part of a path$/);
      assert.equal(secret.reached(), 0);
    });
  }

  for (const id of [
    'a/b',
    'a?b=1#c',
    '; rm -rf /',
    '$(id)',
    "' OR 1=1 --",
    '--upload-pack=x',
    'é',
  ]) {
    test(`of ${id} is one segment of it (S51)`, async () => {
      let asked = '';
      await using server = await serve(({ url = '' }, response) => {
        asked = url;
        response.end('{}');
      });
      await call(declareItem(server.port), { id });
      const segments = asked.split('/');
      assert.deepEqual([segments.length, segments[1], segments[3]], [4, 'items', 'price']);
      assert.equal(decodeURIComponent(segments[2] ?? ''), id);
    });
  }
});

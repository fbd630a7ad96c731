import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { defineTool } from '../../src/worker/tools/tool.ts';
import { Agent } from '../worker/transport/agent.ts';
import {
  BODY_BYTES_MAX,
  LEGACY,
  modernCallOf,
  modernHeaders,
  modernRequest,
  post,
  type ServedMcp,
  serveMcp,
} from '../worker/transport/mcp-served.ts';
import { asksName, echo, mirrors } from '../worker/transport/mcp-tools.ts';
import { collected } from './memory.ts';
import { requestOf, say } from './raw.ts';

const MIB = 1_048_576;
/** What MCP wants said of us in its own answers, our name and version, is not among them. */
const secrets = ['hunter2', import.meta.dirname, process.version, 'node_modules', '    at '];
const LIST = modernRequest('tools/list');
const LIST_HEADERS = modernHeaders('tools/list');
let served: ServedMcp;

before(async () => {
  const breaks = defineTool({
    name: 'breaks',
    description: 'Has a bug',
    run: () => Promise.reject(new Error(`hunter2 in ${import.meta.filename}`)),
  });
  served = await serveMcp({ tools: [asksName, breaks, echo, mirrors] });
});
after(() => served[Symbol.asyncDispose]());

const head = (...lines: readonly string[]): string =>
  requestOf('POST /mcp HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines);

const isWhole = (whole: string): boolean => whole.endsWith('\r\n0\r\n\r\n');

suite('a body', () => {
  for (const [what, sent, status] of [
    ['that says it has 5 MiB', head(`Content-Length: ${5 * MIB}`), 413],
    [
      'of 5 MiB in chunks, whose length nobody says',
      head('Transfer-Encoding: chunked') + `10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(80),
      413,
    ],
    ['that is packed', head('Content-Encoding: gzip', 'Content-Length: 5') + 'xxxxx', 415],
    [
      'that is longer than it says',
      `${head('Content-Length: 2', 'Connection: close')}{}{"jsonrpc":`,
      400,
    ],
    [
      'that is something else',
      requestOf(
        'POST /mcp HTTP/1.1',
        'Host: localhost',
        'Content-Type: text/plain',
        'Connection: close',
      ),
      415,
    ],
  ] as const) {
    test(`${what} is answered ${status} in JSON before it is over (S19)`, async () => {
      const { status: got, whole } = await say(served.port, sent, {
        until: isWhole,
      });
      assert.equal(got, status, whole);
      const body: unknown = JSON.parse(/\{.*\}/.exec(whole)?.[0] ?? '');
      assert.partialDeepStrictEqual(body, { status });
    });
  }

  test('that is packed to a thousandth is not unpacked (S19)', async () => {
    const body = gzipSync(Buffer.alloc(8 * MIB, ' '));
    const headers = { ...LEGACY, 'content-encoding': 'gzip' };
    const answer = await fetch(served.url, { method: 'POST', headers, body });
    assert.equal(answer.status, 415);
    assert.equal(answer.headers.get('accept-encoding'), 'identity');
  });

  test('in chunks of one byte takes as much memory as it has bytes, and not a hundred times that (S19)', async () => {
    const chunks = 60_000;
    assert.ok(chunks < BODY_BYTES_MAX);
    const socket = connect(served.port, '127.0.0.1');
    await once(socket, 'connect');
    const earlier = collected();
    socket.write(head('Transfer-Encoding: chunked'));
    await new Promise((sent) => socket.write('1\r\nx\r\n'.repeat(chunks), sent));
    // Asked on another connection, it is answered after what came before.
    await (await fetch(`http://127.0.0.1:${served.port}/livez`)).text();
    const grown = collected() - earlier;
    socket.destroy();
    assert.ok(grown < 2 * MIB, `${grown} bytes`);
  });
});

async function shakeHands(): Promise<Agent> {
  const agent = await Agent.connect(served.port);
  const clientInfo = { name: 'test', version: '1' };
  await agent.ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  return agent;
}

suite('a message', () => {
  test('that asks for what there is not, or what only servers ask for, is refused (S24)', async () => {
    using agent = await shakeHands();
    for (const [id, method] of [
      'nonsense',
      'sampling/createMessage',
      'roots/list',
      'toString',
      '__proto__',
    ].entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is enough
      assert.equal((await agent.ask(id, method)).error?.code, -32601, method);
    }
  });

  test('that answers what was never asked changes nothing (S24)', async () => {
    using agent = await shakeHands();
    const got = agent.got.length;
    for (const answer of [
      { id: 99, result: {} },
      { id: 'x', error: { code: 1, message: '' } },
    ]) {
      agent.ws.send(JSON.stringify({ jsonrpc: '2.0', ...answer }));
    }
    assert.deepEqual((await agent.ask(1, 'ping')).result, {});
    assert.equal(agent.got.length, got + 1);
  });

  test('before the handshake is refused, and does nothing (S24)', async () => {
    for (const method of ['tools/list', 'tools/call', 'logging/setLevel']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is enough
      const answer = await post(served.url, { jsonrpc: '2.0', id: 1, method });
      assert.equal(answer.status, 400, method);
      assert.equal(answer.headers.get('mcp-session-id'), null);
    }
  });

  const call = modernCallOf('mirrors', { arguments: { region: 'eu' } });
  const callHeaders = { ...modernHeaders('tools/call', 'mirrors'), 'mcp-param-region': 'eu' };
  for (const [what, body, headers] of [
    ['another method', LIST, modernHeaders('tools/call')],
    ['a method in other case', LIST, modernHeaders('TOOLS/LIST')],
    ['no method', LIST, { ...LEGACY, 'mcp-protocol-version': '2026-07-28' }],
    ['another name', call, { ...callHeaders, 'mcp-name': 'echo' }],
    ['no name', call, { ...modernHeaders('tools/call'), 'mcp-param-region': 'eu' }],
    ['a name that is no Base64', call, { ...callHeaders, 'mcp-name': '=?base64?%%%?=' }],
    ['another argument', call, { ...callHeaders, 'mcp-param-region': 'us' }],
    ['no argument', call, modernHeaders('tools/call', 'mirrors')],
    ['another version', LIST, { ...LIST_HEADERS, 'mcp-protocol-version': '2025-11-25' }],
  ] as const) {
    test(`whose headers say ${what} is refused with -32020 (S25)`, async () => {
      const answer = await post(served.url, body, headers);
      assert.equal(answer.status, 400);
      assert.partialDeepStrictEqual(await answer.json(), { error: { code: -32_020 } });
    });
  }

  test('of a version that is not spoken is told which are (S26)', async () => {
    const version = '2099-01-01';
    const meta = { 'io.modelcontextprotocol/protocolVersion': version };
    const headers = { ...LIST_HEADERS, 'mcp-protocol-version': version };
    const answer = await post(served.url, modernRequest('tools/list', {}, meta), headers);
    assert.equal(answer.status, 400);
    assert.partialDeepStrictEqual(await answer.json(), {
      error: { code: -32_022, data: { requested: version, supported: ['2026-07-28'] } },
    });
  });

  test('that needs what its client cannot do is told what that is (S26)', async () => {
    const headers = modernHeaders('tools/call', 'asks-name');
    const answer = await post(served.url, modernCallOf('asks-name'), headers);
    assert.equal(answer.status, 400);
    assert.partialDeepStrictEqual(await answer.json(), {
      error: { code: -32_021, data: { requiredCapabilities: { elicitation: {} } } },
    });
  });
});

suite('what anybody is told', () => {
  test('names no version, path, or variable of ours, whatever goes wrong (S60)', async () => {
    const { url, port } = served;
    const root = `http://127.0.0.1:${port}`;
    const answers = await Promise.all([
      fetch(`${root}/livez`),
      fetch(`${root}/readyz?verbose`),
      fetch(`${root}/`),
      fetch(`${root}/../../etc/passwd`),
      fetch(`${root}/%00`),
      fetch(url, { method: 'PUT' }),
      post(url, '{'),
      post(url, '{"jsonrpc":"2.0","id":1,"method":"nonsense"}'),
      post(url, modernCallOf('breaks'), modernHeaders('tools/call', 'breaks')),
      post(url, modernCallOf('echo'), modernHeaders('tools/call', 'echo')),
      post(url, modernCallOf('none'), modernHeaders('tools/call', 'none')),
    ]);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    for (const [index, text] of texts.entries()) {
      const { headers } = answers[index] ?? assert.fail();
      for (const secret of secrets) assert.ok(!text.includes(secret), `${secret}: ${text}`);
      assert.equal(headers.get('server'), null);
      assert.equal(headers.get('x-powered-by'), null);
      assert.doesNotMatch(headers.get('content-type') ?? '', /html/);
    }
    assert.ok(texts.some((text) => text.includes('Internal error')));
    const malformed = await say(port, 'nonsense\r\n\r\n');
    for (const secret of secrets) assert.ok(!malformed.whole.includes(secret), malformed.whole);
  });
});

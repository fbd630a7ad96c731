import assert from 'node:assert/strict';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { routesOf as adminRoutesOf } from '../../src/supervisor/admin/routes.ts';
import { clientAddress } from '../../src/worker/auth/client-address.ts';
import { trustedProxies } from '../../src/worker/auth/trusted-proxies.ts';
import { HealthCheck } from '../../src/worker/observe/health.ts';
import { routesOf } from '../../src/worker/routes.ts';
import { type Opened, open } from '../supervisor/admin/opened.ts';
import { type ServedMcp, serveMcp } from '../worker/transport/mcp-served.ts';
import { knock, type Served, serve } from '../worker/transport/served.ts';
import { HANDSHAKE, isHead, requestOf, say } from './raw.ts';

const EVIL = 'https://evil.example';
const OURS = 'https://ours.example';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'];
const NOWHERE = ['/nothing', '//', '/admin', '/console', '/.well-known/openid-configuration'];
const refused: string[] = [];
let served: Served;
let mcp: ServedMcp;
let admin: Opened;

before(async () => {
  served = await serve({
    observer: {
      open: () => () => undefined,
      refuse: (limit) => refused.push(limit),
      begin: () => () => undefined,
    },
  });
  mcp = await serveMcp();
  admin = await open();
});
after(async () => {
  await served[Symbol.asyncDispose]();
  await mcp[Symbol.asyncDispose]();
  await admin[Symbol.asyncDispose]();
});

/** Every path there is at the two ports, and some that there are not. */
function everywhere(): readonly { readonly port: number; readonly path: string }[] {
  const agents = routesOf({
    health: new HealthCheck(),
    streamable: { handle: () => Promise.reject(new Error('Nobody asks')) },
  });
  const operators = adminRoutesOf({
    source: admin.source,
    look: () => assert.fail('Nobody looks'),
    events: admin.events,
    redacted: (value) => value,
    metrics: { contentType: '', render: async () => '' },
    onOperation: () => undefined,
    audit: () => undefined,
  });
  const paths = new Set([...agents, ...operators].map(({ path }) => path).concat(NOWHERE));
  return [...paths].flatMap((path) => [
    { port: served.port, path },
    { port: admin.port, path },
  ]);
}

suite('a handshake', () => {
  test('of a page of another origin is refused before the upgrade, counted, and begins nothing (S1)', async () => {
    const earlier = refused.length;
    const knocked = await knock(served.port, '/mcp', { origin: EVIL });
    assert.equal(knocked.status, 403);
    assert.equal(knocked.headers.connection, 'close');
    assert.deepEqual(refused.slice(earlier), ['foreign_requests']);
    assert.equal(served.transport.size, 0);
    assert.equal(served.outlets.length, 0);
  });

  test('of a program, which has no origin, takes place (S2)', async () => {
    const { status, socket } = await knock(served.port);
    assert.equal(status, 101);
    socket?.destroy();
  });

  for (const origin of [
    'null',
    'http://localhost.evil.com',
    `${OURS}.evil`,
    `${OURS}:8443`,
    `${OURS}/`,
    'http://ours.example',
    'https://OURS.example',
    'https://sub.ours.example',
    `${OURS}, ${OURS}`,
    '',
  ]) {
    test(`of the origin "${origin}" is refused, and so is a request (S3)`, async () => {
      assert.equal((await knock(served.port, '/mcp', { origin })).status, 403);
      const request = requestOf(
        'GET /livez HTTP/1.1',
        'Host: a',
        `Origin: ${origin}`,
        'Connection: close',
      );
      assert.equal((await say(served.port, request)).status, 403);
    });
  }

  test('of an origin that is on the list takes place (S3)', async () => {
    const { status, socket } = await knock(served.port, '/mcp', { origin: OURS });
    assert.equal(status, 101);
    socket?.destroy();
  });

  for (const [what, target, hosts, status] of [
    ['another host', '/mcp', ['attacker.com'], 421],
    ['no host', '/mcp', [], 400],
    ['two hosts', '/mcp', ['localhost', 'localhost'], 400],
    ['a host that is not the one of the target', 'http://attacker.com/mcp', ['localhost'], 400],
    ['another host in both', 'http://attacker.com/mcp', ['attacker.com'], 421],
  ] as const) {
    test(`to ${what} is refused, and so is a request, whatever it shows (S4)`, async () => {
      const lines = [...hosts.map((host) => `Host: ${host}`), 'Authorization: Bearer anything'];
      for (const port of [served.port, admin.port]) {
        for (const more of [HANDSHAKE, ['Connection: close']]) {
          // oxlint-disable-next-line no-await-in-loop -- one after another is enough
          const said = await say(port, requestOf(`GET ${target} HTTP/1.1`, ...lines, ...more), {
            until: isHead,
          });
          assert.equal(said.status, status, said.whole);
          assert.match(said.whole, /application\/problem\+json/);
        }
      }
    });
  }

  test('and a request meet the same guard at every path of both ports, with every method (S5)', async () => {
    const places = everywhere();
    assert.ok(places.length > 30);
    for (const { port, path } of places) {
      const strangers = [
        [403, `Host: localhost`, `Origin: ${EVIL}`],
        [421, 'Host: attacker.com'],
      ] as const;
      for (const [status, ...lines] of strangers) {
        const asked = METHODS.map((method) =>
          requestOf(`${method} ${path} HTTP/1.1`, ...lines, 'Connection: close'),
        );
        const upgrade = requestOf(`GET ${path} HTTP/1.1`, ...lines, ...HANDSHAKE);
        // oxlint-disable-next-line no-await-in-loop -- the operators' port takes a few at once
        const said = await Promise.all(
          [...asked, upgrade].map((text) => say(port, text, { until: isHead })),
        );
        for (const { status: got, whole } of said) assert.equal(got, status, `${path} ${whole}`);
      }
    }
  });

  for (const [offered, status, chosen] of [
    [undefined, 101, undefined],
    ['foo', 400, undefined],
    ['foo, mcp', 101, 'mcp'],
    ['mcp,mcp', 400, undefined],
    ['x'.repeat(65_536), 431, undefined],
  ] as const) {
    test(`that offers ${offered?.slice(0, 8) ?? 'nothing'} is answered ${status} (S6)`, async () => {
      const headers = offered === undefined ? {} : { 'sec-websocket-protocol': offered };
      const knocked = await knock(served.port, '/mcp', headers as Record<string, string>); // without the one that is absent
      assert.equal(knocked.status, status);
      assert.equal(knocked.headers['sec-websocket-protocol'], chosen);
      knocked.socket?.destroy();
    });
  }

  for (const [what, first, lines, status] of [
    ['elsewhere', 'GET /ws HTTP/1.1', HANDSHAKE, 404],
    ['with another method', 'POST /mcp HTTP/1.1', HANDSHAKE, 400],
    [
      'of an old version',
      'GET /mcp HTTP/1.1',
      HANDSHAKE.map((line) => line.replace('13', '12')),
      400,
    ],
    [
      'with a bad key',
      'GET /mcp HTTP/1.1',
      HANDSHAKE.map((line) => line.replace(/Key: .*/, 'Key: x')),
      400,
    ],
    ['to another protocol', 'GET / HTTP/1.1', ['Connection: Upgrade', 'Upgrade: h2c'], 426],
  ] as const) {
    test(`${what} is answered ${status} (S10)`, async () => {
      const said = await say(served.port, requestOf(first, 'Host: localhost', ...lines), {
        until: isHead,
      });
      assert.equal(said.status, status, said.whole);
      assert.match(said.whole, /application\/problem\+json/);
    });
  }
});

const post = (...lines: readonly string[]) =>
  requestOf('POST /mcp HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines);

suite('what is no request, or two', () => {
  for (const [what, text] of [
    [
      'a length and chunks',
      `${post('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`,
    ],
    ['chunks and a length', `${post('Transfer-Encoding: chunked', 'Content-Length: 4')}0\r\n\r\n`],
    ['two lengths', `${post('Content-Length: 2', 'Content-Length: 4')}{}{}`],
    ['a list of lengths', `${post('Content-Length: 2, 4')}{}{}`],
    ['a length below nothing', `${post('Content-Length: -1')}{}`],
    ['chunks that are not last', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`],
    ['another coding', `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`],
    ['a size that is none', `${post('Transfer-Encoding: chunked')}0x2\r\n{}\r\n0\r\n\r\n`],
    ['bare line feeds', 'GET /livez HTTP/1.1\nHost: localhost\n\n'],
    ['a bare carriage return', 'GET /livez HTTP/1.1\r\nHost: localhost\rX: a\r\n\r\n'],
    ['a folded line', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n'],
    ['a space before the colon', 'GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n'],
    ['a zero in a header', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n'],
    ['another version', 'GET /livez HTTP/3.0\r\nHost: localhost\r\n\r\n'],
  ] as const) {
    test(`${what}: is answered once with 400, and the connection closed, at both ports (S11)`, async () => {
      for (const port of [mcp.port, admin.port]) {
        // oxlint-disable-next-line no-await-in-loop -- one after another is enough
        const said = await say(port, text);
        assert.equal(said.status, 400, said.whole);
        assert.ok(said.closed);
        assert.match(said.whole, /application\/problem\+json/);
        assert.equal(said.whole.match(/HTTP\/1\.1/g)?.length, 1);
      }
    });
  }

  test('Node is nowhere told to be lenient about it (S11)', () => {
    const files = globSync([
      'src/**/*',
      'bin/*',
      'deploy/**/*',
      'Dockerfile',
      'package.json',
      '*.yaml',
    ]);
    const lenient = files.filter((path) => /insecure-?http-?parser/i.test(readIfFile(path)));
    assert.deepEqual(lenient, []);
  });
});

function readIfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

suite('the address that a request comes from', () => {
  test('is the one of the socket, unless that is a proxy we trust (S12)', async () => {
    let trusted = trustedProxies([]);
    await using server = createServer(({ socket, headers }, response) => {
      const sender = {
        remoteAddress: socket.remoteAddress,
        forwardedFor: headers['x-forwarded-for'],
      };
      response.end(clientAddress(sender, trusted));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    // A TCP server that listens has an address of this kind.
    const { port } = server.address() as AddressInfo;
    const headers = { 'x-forwarded-for': '198.51.100.1, 203.0.113.7', connection: 'close' };
    const seen = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
    assert.equal(await seen(), '127.0.0.1');
    trusted = trustedProxies(['127.0.0.1']);
    assert.equal(await seen(), '203.0.113.7');
  });
});

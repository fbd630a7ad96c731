import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { suite, test } from 'node:test';

import { Failure, type FailureCode } from '../../src/shared/errors.ts';
import { silent } from '../../src/shared/logger.ts';
import { openHttpServer } from '../../src/worker/http-server.ts';
import { HealthCheck } from '../../src/worker/observe/health.ts';
import { WebSocketTransport } from '../../src/worker/transport/websocket.ts';
import { away } from './dependency-reports.ts';
import { openEntrance } from './doubles.ts';
import { type Served, type ServeOptions, serve } from './transport/served.ts';

/** What a server answers, its body parsed. */
async function ask({ port }: Served, path: string, init?: RequestInit) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

const postgresAway = away('postgres', 'ECONNREFUSED', 'connection refused');
const redisAway = away('redis', 'ECONNRESET', 'connection reset');

function drainingHealth(): HealthCheck {
  const health = new HealthCheck();
  health.drain();
  return health;
}

class BrokenHealth extends HealthCheck {
  override get isDraining(): boolean {
    throw new Error('password=hunter2');
  }
}

async function open(host: string, port: number, connectionsMax = 100) {
  return openHttpServer<string>({
    host,
    port,
    connectionsMax,
    health: new HealthCheck(),
    webSocket: new WebSocketTransport<string>({
      limits: {
        frameBytesMax: 1,
        socketsMax: 1,
        messagesPerS: 1,
        bytesPerS: 1_024,
        pingMs: 60_000,
      },
      log: silent,
      entrance: openEntrance(() => 'ann'),
      open: () => {
        throw new Error('Nobody connects in these tests');
      },
    }),
    streamable: { handle: () => Promise.reject(new Error('Nobody asks in these tests')) },
    onRefused: () => undefined,
    challenge: () => 'Bearer',
    guard: { origins: [], loopback: false, hosts: [] },
    log: silent,
  });
}

function isFailure(code: FailureCode, texts: readonly string[]) {
  return (thrown: unknown): boolean => {
    assert.ok(thrown instanceof Failure, String(thrown));
    assert.equal(thrown.code, code);
    for (const text of texts) assert.ok(thrown.message.includes(text), thrown.message);
    return true;
  };
}

suite('health', () => {
  test('at /livez says that the process lives, whatever it depends on', async () => {
    await using served = await serve({ known: [postgresAway], health: drainingHealth() });
    const { status, headers, body } = await ask(served, '/livez');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'alive' });
    assert.equal(headers.get('content-type'), 'application/json');
    assert.equal(headers.get('cache-control'), 'no-store');
  });

  for (const path of ['/readyz', '/health']) {
    test(`at ${path} says that we are ready`, async () => {
      await using served = await serve();
      const { status, headers, body } = await ask(served, path);
      assert.equal(status, 200);
      assert.deepEqual(body, { status: 'ready', postgres: { status: 'up' } });
      assert.equal(headers.get('retry-after'), null);
    });

    const cases: readonly (readonly [string, ServeOptions, object])[] = [
      [
        'Postgres is away',
        { known: [postgresAway] },
        {
          status: 'unavailable',
          postgres: { status: 'down', cause: 'connection refused (ECONNREFUSED)' },
        },
      ],
      ['we stop', { health: drainingHealth() }, { status: 'draining', postgres: { status: 'up' } }],
    ];
    for (const [what, options, expected] of cases) {
      test(`at ${path} answers 503 when ${what}, and says why and when to come back`, async () => {
        await using served = await serve(options);
        const { status, headers, body } = await ask(served, path);
        assert.equal(status, 503);
        assert.deepEqual(body, expected);
        assert.equal(headers.get('retry-after'), '1');
      });
    }
  }

  test('shows Redis to those who ask for more, and does not count it', async () => {
    await using served = await serve({ known: [redisAway] });
    const { status, body } = await ask(served, '/readyz?verbose');
    assert.equal(status, 200);
    assert.deepEqual(body, {
      status: 'ready',
      postgres: { status: 'up' },
      redis: { status: 'down', cause: 'connection reset (ECONNRESET)' },
    });
  });

  for (const path of ['/livez', '/readyz', '/health']) {
    test(`at ${path} may be asked for its head alone`, async () => {
      await using served = await serve();
      const { status, body } = await ask(served, path, { method: 'HEAD' });
      assert.equal(status, 200);
      assert.equal(body, undefined);
    });

    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      test(`at ${path} refuses ${method} with 405`, async () => {
        await using served = await serve();
        const { status, headers } = await ask(served, path, { method });
        assert.equal(status, 405);
        assert.equal(headers.get('allow'), 'GET, HEAD');
      });
    }
  }
});

suite('plain HTTP', () => {
  for (const path of ['/nothing', '/livez/', '/mcp/', '//', '/%6dcp', '/..%2f']) {
    test(`finds nothing at ${path}`, async () => {
      await using served = await serve();
      const { status, headers, body } = await ask(served, path);
      assert.equal(status, 404);
      assert.equal(headers.get('content-type'), 'application/problem+json');
      assert.deepEqual(body, {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'There is nothing here',
      });
    });
  }

  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/?a=b'],
  ] as const) {
    test(`is told to upgrade on ${method} ${path}`, async () => {
      await using served = await serve();
      const { status, headers } = await ask(served, path, { method });
      assert.equal(status, 426);
      assert.equal(headers.get('upgrade'), 'websocket');
      assert.equal(headers.get('content-type'), 'application/problem+json');
    });
  }

  test('keeps its connection, until we stop: then the next one is to be opened elsewhere', async () => {
    await using served = await serve({ health: drainingHealth() });
    await using other = await serve();
    for (const path of ['/livez', '/readyz', '/mcp', '/nothing']) {
      // One request at a time is enough.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const asked = await Promise.all([ask(served, path), ask(other, path)]);
      const connections = asked.map(({ headers }) => headers.get('connection'));
      assert.deepEqual(connections, ['close', 'keep-alive'], path);
    }
  });

  test('from a page of a foreign origin is refused with 403 everywhere', async () => {
    await using served = await serve();
    for (const path of ['/livez', '/readyz', '/mcp', '/nothing']) {
      // One request at a time is enough.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const { status } = await ask(served, path, { headers: { origin: 'https://evil.example' } });
      assert.equal(status, 403, path);
    }
  });

  test('that meets a bug is answered 500, its text is logged and withheld', async () => {
    await using served = await serve({
      health: new BrokenHealth(),
    });
    const { status, body } = await ask(served, '/readyz');
    assert.equal(status, 500);
    assert.doesNotMatch(JSON.stringify(body), /hunter2/);
    assert.deepEqual(
      served.lines.map(({ level }) => level),
      ['error'],
    );
  });
});

suite('the port', () => {
  test('closes the connections that are too many, and keeps the others', async () => {
    await using server = await open('127.0.0.1', 0, 1);
    // A TCP server that listens has an address of this kind.
    const { port } = server.address() as AddressInfo;
    const first = connect(port, '127.0.0.1');
    await once(first, 'connect');
    const second = connect(port, '127.0.0.1').resume();
    await once(second, 'close');
    first.write('GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n');
    const [answer] = await once(first, 'data');
    assert.match(String(answer), /^HTTP\/1\.1 200 /);
    first.destroy();
  });

  test('that another program has is a failure that names it', async () => {
    await using other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    // A TCP server that listens has an address of this kind.
    const { port } = other.address() as AddressInfo;
    const expected = isFailure('unavailable', [String(port), 'MCP_PORT']);
    await assert.rejects(open('127.0.0.1', port), expected);
  });

  test('of an address that is not of this machine is a failure that names it', async () => {
    // Kept for documentation (RFC 5737): nobody's.
    const expected = isFailure('invalid', ['192.0.2.1', 'MCP_HOST']);
    await assert.rejects(open('192.0.2.1', 0), expected);
  });

  for (const [what, behind] of [
    [
      'an upgrade',
      'GET /nothing HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\nupgrade: websocket',
    ],
    ['what is no request', 'hello'],
  ] as const) {
    test(`answers a request before it turns to ${what} behind it`, async () => {
      await using server = await open('127.0.0.1', 0);
      // A TCP server that listens has an address of this kind.
      const { port } = server.address() as AddressInfo;
      const socket = connect(port, '127.0.0.1').setEncoding('utf8');
      socket.write(`GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n${behind}\r\n\r\n`);
      const answers = (await socket.toArray()).join('');
      assert.match(answers, /^HTTP\/1\.1 200 OK\r\n/);
    });
  }
});

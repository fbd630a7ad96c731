import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { allHere, isFailure, openEgress, serve } from './asked.ts';

suite('a request of a tool', () => {
  test('is sent as it says, and answered with what the server says, whatever its status', async () => {
    await using asked = await serve((request, response) => {
      const { method, url, headers } = request;
      request.setEncoding('utf8').on('data', (body: string) => {
        response.writeHead(418, { 'x-made': 'here', 'set-cookie': ['a=1', 'b=2'] });
        response.end(JSON.stringify({ method, url, type: headers['content-type'], body }));
      });
    });
    await using opened = openEgress();
    const response = await opened.fetch(`${asked.url}/a%2Fb?q=1#part`, {
      method: 'post',
      headers: { 'Content-Type': 'text/x-test' },
      body: 'größer',
    });
    assert.equal(response.status, 418);
    assert.deepEqual(
      [response.url, response.redirected, response.headers.get('x-made')],
      [`${asked.url}/a%2Fb?q=1#part`, false, 'here'],
    );
    assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
    assert.deepEqual(await response.json(), {
      method: 'POST',
      url: '/a%2Fb?q=1',
      type: 'text/x-test',
      body: 'größer',
    });
    assert.deepEqual(opened.outcomes, ['refused_by_server']);
  });

  test('is told the name of the server, whatever address that is at', async () => {
    await using asked = await serve(({ headers }, response) => {
      response.end(headers.host);
    });
    await using opened = openEgress({ resolve: allHere });
    const response = await opened.fetch(`http://api.example:${asked.port}/`);
    assert.equal(await response.text(), `api.example:${asked.port}`);
  });

  test('says the name in the greeting of TLS too', async () => {
    await using server = createServer((socket) => {
      socket.once('data', (greeting: Buffer) => {
        server.emit('greeted', greeting.toString('latin1'));
        socket.destroy();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const greeted = once(server, 'greeted');
    await using opened = openEgress({ resolve: allHere });
    await assert.rejects(
      opened.fetch(`https://api.example:${address.port}/`),
      isFailure('unavailable', /^api\.example:\d+ cannot be reached$/),
    );
    assert.match(String(await greeted), /api\.example/);
  });

  test('is answered without a body where there is none', async () => {
    await using asked = await serve(({ url, method }, response) => {
      const encoding = { 'content-encoding': 'gzip', 'content-length': '9999999' };
      if (method === 'HEAD') response.writeHead(200, encoding).end();
      else response.writeHead(Number(url?.slice(1)), { 'content-encoding': 'gzip' }).end();
    });
    await using opened = openEgress();
    for (const status of [204, 205, 304]) {
      const response = await opened.fetch(`${asked.url}/${status}`);
      assert.deepEqual([response.status, response.body], [status, null]);
    }
    const head = await opened.fetch(asked.url, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    const empty = await opened.fetch(`${asked.url}/200`);
    assert.equal(await empty.text(), '');
  });

  test('is refused if it is none that may be sent, and names no more than its host', async () => {
    await using opened = openEgress();
    const tries: readonly (readonly [string, Parameters<typeof opened.fetch>[1], RegExp])[] = [
      ['', {}, /no URL/],
      ['/notes', {}, /no URL/],
      [`http://a.example/${'x'.repeat(8_192)}`, {}, /no URL/],
      [`http://${'a.'.repeat(150)}example/`, {}, /a host that cannot be$/],
      ['http://ann:secret@a.example/', {}, /a user or a password in its URL$/],
      ['http://a.example/', { method: 'CONNECT' }, /no method/],
      ['http://a.example/', { method: 'GET / HTTP/1.1\r\nx:' }, /no method/],
      ['http://a.example/', { body: 'x' }, /GET has no body/],
      ['http://a.example/', { headers: { host: 'b.example' } }, /not for a tool to say$/],
      ['http://a.example/', { headers: { 'Proxy-Authorization': 'x' } }, /not for a tool to say$/],
      ['http://a.example/', { headers: { 'transfer-encoding': 'x' } }, /not for a tool to say$/],
      ['http://a.example/', { headers: { a: 'b\r\nc: d' } }, /characters that no header has$/],
      ['http://a.example/', { headers: { a: 'b\0' } }, /characters that no header has$/],
      ['http://a.example/', { headers: { 'a:b': 'c' } }, /a name that no header has$/],
    ];
    for (const [url, options, text] of tries) {
      await assert.rejects(opened.fetch(url, options), isFailure('invalid', text), url);
    }
  });

  test('that nobody answers fails as unavailable, and says what is known to the log alone', async () => {
    const gone = await serve(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using opened = openEgress({
      resolve: async (name) => {
        if (name === 'here.example') return [{ address: '127.0.0.1', family: 4 }];
        throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' });
      },
    });
    for (const [host, code] of [
      [`here.example:${gone.port}`, 'ECONNREFUSED'],
      ['nowhere.example', 'ENOTFOUND'],
    ] as const) {
      await assert.rejects(opened.fetch(`http://${host}/`), (error) => {
        assert.ok(isFailure('unavailable', new RegExp(`^${host} cannot be reached$`))(error));
        assert.ok(error instanceof Error && error.cause instanceof Error);
        assert.equal('code' in error.cause && error.cause.code, code);
        return true;
      });
    }
    assert.deepEqual(opened.outcomes, ['unavailable', 'unavailable']);
  });

  test('that is answered in a way that nobody understands fails as unavailable', async () => {
    await using asked = await serve(({ url, socket }, response) => {
      if (url === '/noise') socket.end('noise\r\n\r\n');
      else if (url === '/cut') response.writeHead(200, { 'content-length': '10' }).write('x');
      else if (url === '/899') response.writeHead(899).end();
      else response.writeHead(200, { 'content-encoding': url?.slice(1) }).end('no such thing');
      if (url === '/cut') setImmediate(() => socket.destroy());
    });
    await using opened = openEgress();
    for (const path of ['noise', 'cut', '899', 'gzip', 'br', 'zstd', 'gzip,gzip', 'constructor']) {
      await assert.rejects(
        opened.fetch(`${asked.url}/${path}`),
        isFailure('unavailable', /^127\.0\.0\.1:\d+ (?:cannot be reached|answered in a way.*)$/),
        path,
      );
    }
  });

  test('costs nothing at the start of a worker', async () => {
    const load = "await import('./src/worker/egress/egress.ts');";
    const loaded =
      "process.stdout.write(String(globalThis[Symbol.for('undici.globalDispatcher.2')]))";
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=holdfast-source',
      '--input-type=module',
      '--eval',
      `${load} ${loaded}`,
    ]);
    assert.equal(stdout, 'undefined');
  });

  test('in error is a bug if its bounds bound nothing', async () => {
    await using opened = openEgress();
    for (const options of [{ bytesMax: Number.NaN }, { bytesMax: 0 }, { timeoutMs: -1 }]) {
      await assert.rejects(opened.fetch('http://a.example/', options), RangeError);
    }
    assert.deepEqual(opened.outcomes, ['internal', 'internal', 'internal']);
  });
});

suite('the answer of a server', () => {
  test('is decompressed', async () => {
    const packers = { gzip: gzipSync, 'x-gzip': gzipSync, br: brotliCompressSync };
    await using asked = await serve(({ url, headers }, response) => {
      assert.equal(headers['accept-encoding'], 'gzip, br');
      const [name, pack] =
        Object.entries(packers).find(([encoding]) => url === `/${encoding}`) ?? [];
      response.writeHead(200, { 'content-encoding': name?.toUpperCase() });
      response.end(pack?.('a text'));
    });
    await using opened = openEgress();
    for (const encoding of Object.keys(packers)) {
      const response = await opened.fetch(`${asked.url}/${encoding}`);
      assert.equal(await response.text(), 'a text');
      assert.equal(response.headers.get('content-encoding'), null);
    }
  });

  test('is as it is where its encoding is said to be none', async () => {
    await using asked = await serve(({ url }, response) => {
      response.writeHead(200, { 'content-encoding': url?.slice(1) }).end('a text');
    });
    await using opened = openEgress();
    for (const encoding of ['', 'identity', 'Identity']) {
      assert.equal(await (await opened.fetch(`${asked.url}/${encoding}`)).text(), 'a text');
    }
  });

  test('is kept byte for byte, headers too', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_none, index) => index));
    await using asked = await serve((_request, response) => {
      response.setHeader('x-name', Buffer.from('grün').toString('latin1'));
      response.end(bytes);
    });
    await using opened = openEgress();
    const response = await opened.fetch(asked.url);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
    const name = response.headers.get('x-name') ?? '';
    assert.equal(Buffer.from(name, 'latin1').toString('utf8'), 'grün');
  });
});

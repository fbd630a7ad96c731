import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { suite, test } from 'node:test';

import { crashClassOf } from '../../../src/shared/crash-class.ts';
import { Failure } from '../../../src/shared/errors.ts';
import { exitCodeOf } from '../../../src/shared/exit-codes.ts';
import { ask } from './ask.ts';
import { open } from './opened.ts';

const render = (): Promise<string> => new Promise(() => undefined);

suite('the endpoint bears', () => {
  test('metrics that never come: 503 within the time of a request', async () => {
    await using opened = await open({
      metrics: { contentType: 'text/plain', render },
      times: { requestMs: 100, keepAliveMs: 15_000 },
    });
    const { status, headers } = await ask(opened, '/metrics');
    assert.deepEqual([status, headers['retry-after']], [503, '1']);
    assert.equal((await ask(opened, '/livez')).status, 200);
  });

  test('a source that throws: 500, a line in the log, and not a word of it to the asker', async () => {
    await using opened = await open();
    opened.source.snapshot = () => {
      throw new Error('hunter2');
    };
    const { status, body } = await ask(opened, '/supervisor/state');
    assert.equal(status, 500);
    assert.equal(body.detail, 'Internal error');
    assert.ok(opened.lines.some(({ level }) => level === 'error'));
    assert.equal((await ask(opened, '/livez')).status, 200);
  });

  test('what is no request, and one that does not end', async () => {
    await using opened = await open({ times: { requestMs: 100, keepAliveMs: 15_000 } });
    for (const [sent, expected] of [
      ['nonsense\r\n\r\n', / 400 /],
      [`GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`, / 431 /],
      ['GET /livez HTTP/1.1\r\nHost: loc', / 408 /],
    ] as const) {
      const socket = connect(opened.port, '127.0.0.1');
      socket.write(sent);
      const answer = await text(socket);
      assert.match(answer, expected);
      assert.match(answer, /application\/problem\+json/);
    }
  });

  test('16 connections; the 17th is told so, and let in once another is gone', async () => {
    await using opened = await open();
    const sockets: Socket[] = [];
    try {
      for (let count = 0; count < 16; count += 1) {
        const socket = connect(opened.port, '127.0.0.1');
        sockets.push(socket);
        await once(socket, 'connect');
        socket.write('GET /livez HTTP/1.1\r\nHost: loc');
      }
      const refused = await ask(opened, '/livez');
      assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
      assert.equal(refused.headers.connection, 'close');
      sockets[0]?.write('alhost\r\n\r\n');
      await once(sockets[0] ?? assert.fail(), 'data');
      // What only waits for its next request gives way.
      const admitted = await ask(opened, '/livez');
      assert.equal(admitted.status, 200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });
});

suite('the address', () => {
  test('is written into the state folder, and removed when nobody answers there any more', async () => {
    const opened = await open();
    const path = join(opened.stateFolder, 'admin.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    assert.deepEqual(record, { host: '127.0.0.1', port: opened.port, pid: process.pid });
    await opened[Symbol.asyncDispose]();
    assert.ok(!existsSync(path));
  });

  test('that cannot be written costs a warning', async () => {
    await using opened = await open({ stateFolder: '/nowhere/at/all' });
    assert.equal((await ask(opened, '/livez')).status, 200);
    assert.ok(opened.lines.some(({ message }) => message === 'admin address cannot be kept'));
  });

  test('that is taken ends in 69, and names the setting', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(open({ port }), (thrown) => {
        assert.ok(thrown instanceof Failure);
        assert.equal(thrown.code, 'unavailable');
        assert.match(thrown.message, /MCP_ADMIN_PORT/);
        assert.equal(crashClassOf(thrown), 'port_in_use');
        assert.equal(exitCodeOf(thrown), 69);
        return true;
      });
    } finally {
      other.close();
    }
  });
});

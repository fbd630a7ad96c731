import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { suite, test } from 'node:test';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { MIB } from '../../../src/shared/validators.ts';
import type { Fetch } from '../../../src/worker/domain/fetch.ts';
import { allHere, isFailure, openEgress, serve } from './asked.ts';

/** Resolves when who connects first has gone again. */
function leaving(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.once('connection', (socket) => {
    socket.on('close', () => {
      resolve();
    });
  });
  return promise;
}

suite('the body of an answer', () => {
  test('has a mebibyte at most, or what the tool says, or sixteen', async () => {
    await using asked = await serve(({ url }, response) => {
      response.end(Buffer.alloc(Number(url?.slice(1))));
    });
    await using opened = openEgress();
    const size = async (bytes: number, bytesMax?: number): Promise<number> => {
      const options = bytesMax === undefined ? {} : { bytesMax };
      return (await (await opened.fetch(`${asked.url}/${bytes}`, options)).bytes()).length;
    };
    assert.equal(await size(MIB), MIB);
    assert.equal(await size(10, 10), 10);
    assert.equal(await size(16 * MIB, 100 * MIB), 16 * MIB);
    const tooLarge = isFailure('invalid', /^127\.0\.0\.1:\d+ answered with over \d+ bytes$/);
    await assert.rejects(size(MIB + 1), tooLarge);
    await assert.rejects(size(11, 10), tooLarge);
    await assert.rejects(size(16 * MIB + 1, 100 * MIB), tooLarge);
    assert.deepEqual(opened.outcomes.slice(3), ['too_large', 'too_large', 'too_large']);
  });

  test('is counted while it comes, where nobody said how long it is, and the rest is not taken', async () => {
    await using asked = await serve((_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const write = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', write);
      write();
    });
    await using opened = openEgress();
    const left = leaving(asked.server);
    await assert.rejects(opened.fetch(asked.url), isFailure('invalid', /over 1048576 bytes$/));
    await left;
  });

  test('is counted as it is decompressed, and no further', async () => {
    const zeros = Buffer.alloc(64 * MIB);
    const quickly = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const bombs = { gzip: gzipSync(zeros), br: brotliCompressSync(zeros, quickly) };
    await using asked = await serve(({ url }, response) => {
      const [encoding, bomb] = url === '/br' ? ['br', bombs.br] : ['gzip', bombs.gzip];
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb);
    });
    await using opened = openEgress();
    await opened.fetch(asked.url, { bytesMax: 1 }).catch(() => undefined);
    const before = process.memoryUsage().arrayBuffers;
    for (const path of ['gzip', 'br']) {
      await assert.rejects(
        opened.fetch(`${asked.url}/${path}`),
        isFailure('invalid', /over 1048576 bytes$/),
      );
    }
    assert.ok(process.memoryUsage().arrayBuffers - before < 16 * MIB);
  });
});

suite('the headers of an answer', () => {
  test('have sixteen kibibytes at most', async () => {
    await using asked = await serve((_request, response) => {
      response.writeHead(200, { a: 'x'.repeat(20_000) }).end();
    });
    await using opened = openEgress();
    await assert.rejects(opened.fetch(asked.url), isFailure('unavailable', /cannot be reached$/));
  });
});

suite('the time of a request', () => {
  test('is what the tool says, for all of it', async () => {
    await using asked = await serve(({ url }, response) => {
      if (url === '/body') response.write('x');
    });
    await using opened = openEgress();
    for (const path of ['head', 'body']) {
      await assert.rejects(
        opened.fetch(`${asked.url}/${path}`, { timeoutMs: 50 }),
        isFailure('timeout', /^127\.0\.0\.1:\d+ took over 50 ms$/),
      );
    }
    assert.deepEqual(opened.outcomes, ['timeout', 'timeout']);
  });

  test('is over with that of the call, and the server is let go', async () => {
    const caller = new AbortController();
    await using asked = await serve(() => {
      caller.abort();
    });
    const left = leaving(asked.server);
    await using opened = openEgress({}, caller.signal);
    await assert.rejects(opened.fetch(asked.url), isFailure('cancelled', /^Cancelled$/));
    await left;
    // Nothing more is begun for it.
    await assert.rejects(opened.fetch(asked.url), isFailure('cancelled', /^Cancelled$/));
    assert.deepEqual(opened.outcomes, ['cancelled', 'cancelled']);
  });

  test('has five seconds of it to find the server', async () => {
    await using opened = openEgress({ resolve: () => new Promise(() => undefined) });
    await assert.rejects(
      opened.fetch('http://slow.example/', { timeoutMs: 60_000 }),
      isFailure('unavailable', /^slow\.example cannot be reached$/),
    );
  });
});

/** A server that answers when it is told. */
async function serveHeld() {
  const held: ServerResponse[] = [];
  const asked = await serve((_request, response) => {
    held.push(response);
  });
  return {
    ...asked,
    held,
    /** Answers all that asks, now and later. */
    release() {
      asked.server.removeAllListeners('request');
      asked.server.on('request', (_request, response: ServerResponse) => response.end());
      for (const response of held) response.end();
    },
  };
}

const times = (count: number, fetch: Fetch, url: string): Promise<Response>[] =>
  Array.from({ length: count }, () => fetch(url));

suite('requests at once', () => {
  test('are 64 of one tool, and another has its turn meanwhile', async (t) => {
    await using asked = await serveHeld();
    await using opened = openEgress();
    const first = times(70, opened.fetch, asked.url);
    await t.waitFor(() => {
      assert.equal(asked.held.length, 64);
    });
    const another = opened.egress.source().during(new AbortController().signal);
    const other = another(asked.url);
    await t.waitFor(() => {
      assert.equal(asked.held.length, 65);
    });
    asked.release();
    await Promise.all([...first, other]);
    assert.deepEqual(new Set(opened.outcomes), new Set(['ok']));
  });

  test('are 128 of all tools', async (t) => {
    await using asked = await serveHeld();
    await using opened = openEgress({ resolve: allHere });
    const fetches = ['a', 'b', 'c'].flatMap((name) =>
      times(
        64,
        opened.egress.source().during(new AbortController().signal),
        `http://${name}.example:${asked.port}/`,
      ),
    );
    await t.waitFor(() => {
      assert.equal(asked.held.length, 128);
    });
    asked.release();
    await Promise.all(fetches);
    assert.equal(opened.outcomes.length, 192);
  });

  test('that wait are a thousand: with one more, the tool is told to come again', async (t) => {
    await using asked = await serveHeld();
    await using opened = openEgress();
    const fetches = times(64 + 1_000, opened.fetch, asked.url);
    await assert.rejects(
      opened.fetch(asked.url),
      isFailure('limited', /^Too many calls wait for other servers$/),
    );
    await t.waitFor(() => {
      assert.equal(asked.held.length, 64);
    });
    asked.release();
    await Promise.all(fetches);
    assert.equal(opened.outcomes.filter((outcome) => outcome === 'limited').length, 1);
  });
});

suite('connections', () => {
  test('are used again, and kept to 64 servers', async (t) => {
    let opened = 0;
    await using asked = await serve((_request, response) => response.end());
    asked.server.on('connection', () => {
      opened += 1;
    });
    await using egress = openEgress({ resolve: allHere });
    for (let index = 0; index < 20; index += 1) {
      await egress.fetch(`http://a.example:${asked.port}/`);
    }
    // One may still be busy with its end when the next is asked.
    assert.ok(opened <= 2);
    for (let index = 0; index < 80; index += 1) {
      await egress.fetch(`http://n${index}.example:${asked.port}/`);
    }
    assert.ok(opened >= 81);
    await t.waitFor(async () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      asked.server.getConnections((_error, count) => {
        resolve(count);
      });
      assert.ok((await promise) <= 64);
    });
  });

  test('are closed with the worker, whatever is under way', async () => {
    await using asked = await serveHeld();
    await using opened = openEgress();
    const arrived = once(asked.server, 'request');
    const running = assert.rejects(opened.fetch(asked.url), isFailure('unavailable', /reached$/));
    await arrived;
    await opened.egress[Symbol.asyncDispose]();
    await running;
  });
});

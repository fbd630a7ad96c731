import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { suite, test } from 'node:test';

import { FetchFailure } from '../../../src/worker/egress/fetch-failure.ts';
import { findNext, type Outgoing, outgoingOf } from '../../../src/worker/egress/outgoing.ts';
import { allHere, isFailure, openEgress, serve } from './asked.ts';

const HEADERS = { authorization: 'Bearer x', cookie: 'a=1', 'x-api-key': 'k', accept: 'a/b' };

/** What a POST with a body is redirected to. */
function follow(
  status: number,
  location: string,
  given: { readonly from?: string; readonly method?: string } = {},
): Outgoing | undefined {
  const { from = 'https://a.example/x', method = 'POST' } = given;
  const outgoing = outgoingOf(from, {
    method,
    headers: { ...HEADERS, 'content-type': 'text/plain' },
    ...(method === 'GET' ? {} : { body: 'text' }),
  });
  return findNext(outgoing, { statusCode: status, headers: { location } }, 'a.example');
}

const isForbidden = (thrown: unknown): boolean => {
  assert.ok(thrown instanceof FetchFailure);
  assert.deepEqual(
    [thrown.code, thrown.outcome, thrown.message],
    ['invalid', 'forbidden', 'a.example redirects to where nothing may be asked'],
  );
  return true;
};

suite('a redirect', () => {
  for (const [status, method, next] of [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
  ] as const) {
    test(`with ${status} makes a ${next} of a ${method}`, () => {
      const outgoing = { ...outgoingOf('https://a.example/', {}), method, body: 'text' };
      const withType = { ...outgoing, headers: { ...outgoing.headers, 'content-type': 'x/y' } };
      const found = findNext(withType, { statusCode: status, headers: { location: '/b' } }, 'a');
      const isTurned = method !== next;
      assert.deepEqual(
        [found?.method, found?.body, found?.headers['content-type']],
        [next, isTurned ? null : 'text', isTurned ? undefined : 'x/y'],
      );
    });
  }

  test('to the same origin takes all headers along', () => {
    const next = follow(307, '/b?c#d');
    assert.equal(next?.url.href, 'https://a.example/b?c#d');
    for (const [name, value] of Object.entries(HEADERS)) assert.equal(next.headers[name], value);
  });

  test('to another origin takes along nothing that may be a credential', () => {
    for (const location of ['https://b.example/', 'https://a.example:444/', '//a.a.example/']) {
      const headers = follow(307, location, { method: 'GET' })?.headers ?? {};
      assert.deepEqual(Object.keys(headers).toSorted(), [
        'accept',
        'accept-encoding',
        'content-type',
        'user-agent',
      ]);
    }
  });

  test('to another origin is not followed with a body', () => {
    for (const [status, method] of [
      [307, 'POST'],
      [308, 'POST'],
      [302, 'PUT'],
    ] as const) {
      assert.throws(() => follow(status, 'https://b.example/', { method }), isForbidden);
      assert.equal(follow(status, '/b', { method })?.body, 'text');
    }
    assert.equal(follow(303, 'https://b.example/')?.body, null);
  });

  test('from https: to http: is not followed, even to the same host', () => {
    assert.throws(() => follow(302, 'http://a.example/x'), isForbidden);
    assert.ok(follow(302, 'https://a.example/x', { from: 'http://a.example/x' }));
  });

  test('to no URL that may be asked is not followed', () => {
    for (const location of [
      'file:///etc/passwd',
      'gopher://a.example/',
      'data:,x',
      'javascript:0',
      'https://ann:secret@a.example/',
      'https://',
      'https://a.example:99999/',
      `/${'x'.repeat(9_000)}`,
    ]) {
      assert.throws(() => follow(302, location), isForbidden, location);
    }
  });

  test('is none with another status, or without a place', () => {
    assert.equal(follow(200, '/b'), undefined);
    assert.equal(follow(304, '/b'), undefined);
    const nowhere = { statusCode: 302, headers: {} };
    assert.equal(findNext(outgoingOf('http://a.example/', {}), nowhere, 'a'), undefined);
  });

  test('is followed three times, and not a fourth', async () => {
    const asked: (string | undefined)[] = [];
    await using server = await serve(({ url }, response) => {
      asked.push(url);
      const left = Number(url?.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(302, { location: `/${left - 1}` }).end('on');
    });
    await using opened = openEgress();
    const response = await opened.fetch(`${server.url}/3`);
    assert.deepEqual(
      [response.url, response.redirected, await response.text()],
      [`${server.url}/0`, true, 'there'],
    );
    asked.length = 0;
    await assert.rejects(
      opened.fetch(`${server.url}/4`),
      isFailure('invalid', /^127\.0\.0\.1:\d+ redirects more than 3 times$/),
    );
    assert.deepEqual(asked, ['/4', '/3', '/2', '/1']);
  });

  test('to another server arrives there without what was meant for the first', async () => {
    const seen: IncomingHttpHeaders[] = [];
    await using second = await serve(({ headers }, response) => {
      seen.push(headers);
      response.end('second');
    });
    await using first = await serve((_request, response) => {
      response.writeHead(307, { location: `http://b.example:${second.port}/` }).end();
    });
    await using opened = openEgress({ resolve: allHere });
    const response = await opened.fetch(first.url, { headers: HEADERS });
    assert.equal(await response.text(), 'second');
    assert.deepEqual(
      [seen[0]?.host, seen[0]?.authorization, seen[0]?.cookie, seen[0]?.['x-api-key']],
      [`b.example:${second.port}`, undefined, undefined, undefined],
    );
  });

  test('whose body never ends is followed all the same', async () => {
    await using server = await serve(({ url }, response) => {
      if (url === '/') response.writeHead(302, { location: '/there' }).write('and so on');
      else response.end('there');
    });
    await using opened = openEgress();
    assert.equal(await (await opened.fetch(server.url)).text(), 'there');
  });
});

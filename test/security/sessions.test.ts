/** Sessions and who they belong to, at two workers that share a real Postgres and Redis. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { makeSessionId } from '../../src/worker/transport/session-id.ts';
import { begin, callOf, eventsOf, LEGACY, nextOf, post } from '../worker/transport/mcp-served.ts';
import { OFFERED } from '../worker/transport/mcp-tools.ts';
import { openTwo, type SharingWorker } from '../worker/transport/two-workers.ts';

const ANN = { 'x-who': 'ann' };
const EVE = { 'x-who': 'eve' };
const STREAM = { accept: 'text/event-stream' };
const SESSION = 'mcp-session-id';
const IDS = 1_000_000;
const ID_LENGTH = 32;
const TIMED = 200;

const opened = new AsyncDisposableStack();
let workers: readonly [SharingWorker, SharingWorker];

before(async () => {
  ({ workers } = opened.use(await openTwo(OFFERED)));
});
after(() => opened.disposeAsync());

type TimedAsk = (worker: SharingWorker, id: string) => Promise<unknown>;

/** An answer, as whoever asked sees it. */
async function seen(answer: Response) {
  const { status, headers } = answer;
  const kept = [...headers].filter(([name]) => name !== 'date');
  return { status, headers: kept, text: await answer.text() };
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

suite("another's session", () => {
  const asks: readonly (readonly [string, (url: string, headers: object) => Promise<Response>])[] =
    [
      ['a call', (url, headers) => post(url, callOf('counts'), { ...LEGACY, ...headers })],
      [
        'a notification',
        (url, headers) => {
          const cancelled = { method: 'notifications/cancelled', params: { requestId: 1 } };
          return post(url, { jsonrpc: '2.0', ...cancelled }, { ...LEGACY, ...headers });
        },
      ],
      [
        'an answer to a question',
        (url, headers) =>
          post(url, { jsonrpc: '2.0', id: 1, result: {} }, { ...LEGACY, ...headers }),
      ],
      ['a batch', (url, headers) => post(url, [callOf('counts')], { ...LEGACY, ...headers })],
      ['its stream', (url, headers) => fetch(url, { headers: { ...STREAM, ...headers } })],
      [
        'the rest of a stream',
        (url, headers) => {
          return fetch(url, { headers: { ...STREAM, 'last-event-id': 'changes_0', ...headers } });
        },
      ],
      ['its end', (url, headers) => fetch(url, { method: 'DELETE', headers: { ...headers } })],
    ];
  for (const [what, ask] of asks) {
    test(`is answered like one that never was when asked for ${what} (S37)`, async () => {
      for (const { served } of workers) {
        const { [SESSION]: id = '' } = await begin(served.url, '2025-03-26', ANN);
        const theirs = await seen(await ask(served.url, { ...EVE, [SESSION]: id }));
        const unknown = await seen(await ask(served.url, { ...EVE, [SESSION]: makeSessionId() }));
        assert.deepEqual(theirs, unknown);
        assert.equal(theirs.status, 404);
        // It was nothing to Ann.
        const still = await post(served.url, callOf('counts'), {
          ...LEGACY,
          ...ANN,
          [SESSION]: id,
        });
        assert.equal(still.status, 200);
        await still.text();
      }
    });
  }

  test('is noticed by us, and an id that never was is not (S37)', async () => {
    const [{ served }] = workers;
    const { [SESSION]: id = '' } = await begin(served.url, '2025-11-25', ANN);
    const known = served.intruders.length;
    for (const session of [id, makeSessionId()]) {
      const headers = { ...LEGACY, ...EVE, [SESSION]: session };
      await (await post(served.url, callOf('counts'), headers)).text();
    }
    assert.deepEqual(served.intruders.slice(known), ['eve']);
  });

  for (const [where, ask] of [
    [
      'over HTTP',
      async ({ served }, id) => {
        const headers = { ...LEGACY, ...EVE, [SESSION]: id };
        await (await post(served.url, callOf('counts'), headers)).text();
      },
    ],
    // Where no connection is in the way, a copy that is found in Redis would show.
    ['where it is looked up', async ({ sessions }, id) => sessions.find(id, 'eve')],
  ] as const satisfies readonly (readonly [string, TimedAsk])[]) {
    test(`takes as long as one that never was, ${where} (S37)`, async () => {
      const [worker] = workers;
      const { [SESSION]: id = '' } = await begin(worker.served.url, '2025-11-25', ANN);
      const times: Record<'theirs' | 'unknown', number[]> = { theirs: [], unknown: [] };
      // In turn, so that whatever else the machine does befalls both alike.
      for (let asked = 0; asked < TIMED; asked += 1) {
        for (const which of ['theirs', 'unknown'] as const) {
          const named = which === 'theirs' ? id : makeSessionId();
          const begun = performance.now();
          await ask(worker, named);
          times[which].push(performance.now() - begun);
        }
      }
      const [theirs, unknown] = [medianOf(times.theirs), medianOf(times.unknown)];
      const ratio = theirs / unknown;
      assert.ok(ratio > 0.7 && ratio < 1.4, `${theirs.toFixed(2)} ms, ${unknown.toFixed(2)} ms`);
    });
  }

  test('has streams that lead nowhere in a session of one’s own (S37)', async () => {
    const [{ served }, { served: other }] = workers;
    const ann = await begin(served.url, '2025-11-25', ANN);
    const call = { ...callOf('counts'), params: { name: 'counts', _meta: { progressToken: 1 } } };
    const events = eventsOf(await post(served.url, call, ann));
    const { id: place = '' } = await nextOf(events);
    for await (const _rest of events);
    const eve = { ...(await begin(served.url, '2025-11-25', EVE)), ...STREAM };
    for (const { url } of [served, other]) {
      const headers = { ...eve, 'last-event-id': place };
      assert.equal(await (await fetch(url, { headers })).text(), '');
      const ours = { ...ann, ...STREAM, 'last-event-id': place };
      assert.match(await (await fetch(url, { headers: ours })).text(), /counted/);
    }
  });
});

test('a million ids are all different, of 192 random bits, and visible ASCII (S38)', async () => {
  const ids = new Set<string>();
  // How often each character is at each place.
  const counts = new Uint32Array(ID_LENGTH * 128);
  for (let made = 0; made < IDS; made += 1) {
    const id = makeSessionId();
    ids.add(id);
    for (let place = 0; place < ID_LENGTH; place += 1) {
      const at = place * 128 + id.charCodeAt(place);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    if (made % 10_000 === 0) {
      assert.match(id, /^[A-Za-z0-9_-]{32}$/);
      // Connections that are kept open must not be forgotten over it.
      await setImmediate();
    }
  }
  assert.equal(ids.size, IDS);
  // Of each of 64 characters as many as of the others, but for chance: six sigma of a binomial distribution.
  const expected = IDS / 64;
  const chance = 6 * Math.sqrt(expected);
  const used = [...counts.entries()].filter(([, count]) => count > 0);
  assert.equal(used.length, ID_LENGTH * 64);
  for (const [at, count] of used) {
    assert.match(String.fromCharCode(at % 128), /[A-Za-z0-9_-]/);
    assert.ok(Math.abs(count - expected) < chance, String(count));
  }
});

test('a stream is taken up with the credential of its session alone, at any worker (S39)', async () => {
  for (const { served } of workers) {
    const ann = { ...(await begin(served.url, '2025-11-25', ANN)), ...STREAM };
    const events = eventsOf(await fetch(served.url, { headers: ann }));
    const { id = '' } = await nextOf(events);
    for (const { served: asked } of workers) {
      const again = { ...ann, 'last-event-id': id };
      const refused = await fetch(asked.url, { headers: { ...again, ...EVE } });
      assert.equal(refused.status, 404);
      await refused.text();
    }
    // Nothing was taken from who has it.
    assert.equal((await fetch(served.url, { headers: ann })).status, 409);
    await events.return(undefined);
  }
});

test('of two that take up the stream of a session at once one has it, and is told of each change once (S40)', async (t) => {
  // The 4409 of the row is about sockets that resume a session: ours end with it.
  const [{ served, log }, { served: other }] = workers;
  const ann = { ...(await begin(served.url, '2025-11-25', ANN)), ...STREAM };
  const first = eventsOf(await fetch(served.url, { headers: ann }));
  await nextOf(first);
  const place = (await log.append('changes', { list: 'prompts' })) ?? '';
  const headers = { ...ann, 'last-event-id': `changes_${place}` };
  const streams = await Promise.all([served, other].map(({ url }) => fetch(url, { headers })));
  assert.deepEqual(
    streams.map(({ status }) => status),
    [200, 200],
  );
  const over = new Set<number>();
  const told: string[] = [];
  const reading = streams.map(async (stream, index) => {
    for await (const { data } of eventsOf(stream)) if (data !== '') told.push(data);
    over.add(index);
  });
  await t.waitFor(() => assert.equal(over.size, 1), { timeout: 10_000 });
  assert.equal((await first.next()).done, true);
  await log.append('changes', { list: 'tools' });
  await t.waitFor(() => assert.equal(told.length, 1), { timeout: 10_000 });
  await log.append('changes', { list: 'resources' });
  await t.waitFor(() => assert.equal(told.length, 2), { timeout: 10_000 });
  assert.deepEqual(
    told.map((data) => JSON.parse(data).method),
    ['notifications/tools/list_changed', 'notifications/resources/list_changed'],
  );
  await fetch(served.url, { method: 'DELETE', headers: ann });
  await Promise.all(reading);
  assert.equal(over.size, 2);
});

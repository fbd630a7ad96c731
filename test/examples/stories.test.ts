/** Each story of `examples/`, told to an agent: one Holdfast that serves them all. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { startHoldfast, suiteServers } from '../process/holdfast.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const BERGEN = { name: 'Bergen', country: 'Norway', latitude: 60.39, longitude: 5.32 };
const HOURLY = {
  time: ['2026-11-24T12:00', '2026-11-24T13:00'],
  temperature_2m: [4.1, 3.8],
  wind_speed_10m: [22.3, 24.8],
  precipitation: [0.4, 1.2],
};

const opened = new AsyncDisposableStack();
let agent: Agent;
const asked: string[] = [];

/** Answers as the API does that the weather is asked of. */
async function serveWeather(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://any');
    asked.push(url.pathname + url.search);
    const body =
      url.pathname === '/v1/search'
        ? { results: [{ id: 1, ...BERGEN, population: 213_585 }] }
        : { latitude: BERGEN.latitude, hourly_units: { time: 'iso8601' }, hourly: HOURLY };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

before(async () => {
  const database = opened.use(await createDatabase());
  const api = opened.use(await serveWeather());
  // A TCP server that listens has an address of this kind.
  const { port } = api.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-stories-'));
  opened.defer(() => {
    rmSync(folder, { recursive: true });
  });
  cpSync(join(EXAMPLES, 'weather'), join(folder, 'weather'), { recursive: true });
  cpSync(join(EXAMPLES, 'file-checksums'), join(folder, 'file-checksums'), { recursive: true });
  symlinkSync('/etc', join(folder, 'file-checksums/files/elsewhere'));
  const weather = join(folder, 'weather/weather.yaml');
  const text = readFileSync(weather, 'utf8');
  const here = text.replaceAll(/https:\/\/[a-z-]*\.open-meteo\.com/g, `http://127.0.0.1:${port}`);
  assert.notEqual(here, text);
  writeFileSync(weather, here);
  const stories = ['book-lending', 'factorise', 'mounted-notes'].map((name) =>
    join(EXAMPLES, name),
  );
  const holdfast = opened.use(
    startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_TOOLS: [...stories, weather, join(folder, 'file-checksums')].join(','),
        MCP_FETCH_PRIVATE: '127.0.0.1',
        MCP_WORKERS: '1',
      },
    }),
  );
  agent = opened.use(await Agent.connect(await holdfast.serving));
});

after(() => opened.disposeAsync());

/** What a tool answers as an object. */
async function answerOf(tool: string, given: object): Promise<unknown> {
  const { result, error } = await agent.call(tool, given);
  assert.equal(error, undefined);
  assert.notEqual(result?.isError, true, JSON.stringify(result));
  return result?.structuredContent;
}

/** What a tool says. */
async function textOf(tool: string, given: object = {}): Promise<string | undefined> {
  const { result } = await agent.call(tool, given);
  return result?.content?.[0]?.text;
}

suite('in SQL alone', () => {
  test('books are found, lent once at a time, and returned', async () => {
    const found = await answerOf('find_books', { query: 'calvino' });
    assert.deepEqual(found, {
      rows: [{ id: 2, title: 'Invisible Cities', author: 'Italo Calvino', lent_to: null }],
    });
    const lent = await answerOf('lend_book', { book: 2, borrower: 'Ann' });
    assert.match(JSON.stringify(lent), /^\{"loan":1,"lent_on":"\d{4}-\d\d-\d\d"\}$/);
    const again = await agent.call('lend_book', { book: 2, borrower: 'Bob' });
    assert.equal(again.result?.isError, true);
    const returned = await answerOf('return_book', { book: 2 });
    assert.match(JSON.stringify(returned), /"borrower":"Ann"/);
    assert.match((await textOf('return_book', { book: 2 })) ?? '', /none/);
  });
});

suite('asking an API', () => {
  test('a place is found, and its forecast passed on, each asked for once', async () => {
    for (let times = 0; times < 2; times++) {
      // One after the other: what the first asked for is kept for the second.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const found = await textOf('find_place', { name: 'Bergen & more' });
      assert.deepEqual(JSON.parse(found ?? ''), [BERGEN]);
    }
    const { latitude, longitude } = BERGEN;
    assert.deepEqual(await answerOf('forecast', { latitude, longitude, hours: 2 }), {
      time: HOURLY.time,
      temperature: HOURLY.temperature_2m,
      wind: HOURLY.wind_speed_10m,
      rain: HOURLY.precipitation,
    });
    assert.deepEqual(asked, [
      '/v1/search?name=Bergen+%26+more&count=5&format=json',
      '/v1/forecast?latitude=60.39&longitude=5.32&forecast_hours=2&hourly=temperature_2m%2Cwind_speed_10m%2Cprecipitation&timezone=auto',
    ]);
  });
});

suite('computing for long', () => {
  test('a number is taken apart in a thread, while others are answered', async () => {
    const beganAt = performance.now();
    const hard = answerOf('factorise', { number: 9_007_199_254_740_881 });
    await textOf('notes_list_notes');
    const otherMs = performance.now() - beganAt;
    assert.deepEqual(await hard, { factors: [9_007_199_254_740_881] });
    const hardMs = performance.now() - beganAt;
    assert.ok(otherMs < Math.max(1_000, hardMs / 2), `${otherMs} ms, and ${hardMs} ms`);
    assert.deepEqual(await answerOf('factorise', { number: 360 }), { factors: [2, 2, 2, 3, 3, 5] });
  });
});

suite('taking its time', () => {
  const fox = createHash('sha256').update('The quick brown fox\n').digest('hex');
  const ann = createHash('sha256').update('Dear Ann,\n').digest('hex');

  test('checksums come with progress', async () => {
    const told: unknown[] = [];
    agent.socket.on('message', (data: Buffer) => {
      const { method, params } = JSON.parse(data.toString());
      if (method === 'notifications/progress') told.push(params);
    });
    const { result } = await agent.request('tools/call', {
      name: 'file_checksums',
      arguments: {},
      _meta: { progressToken: 'p' },
    });
    assert.deepEqual(result?.structuredContent, {
      files: [
        { path: 'fox.txt', sha256: fox },
        { path: 'letters/ann.txt', sha256: ann },
      ],
    });
    assert.deepEqual(told.at(-1), {
      progressToken: 'p',
      progress: 1,
      total: 2,
      message: 'letters/ann.txt',
    });
  });

  for (const folder of ['..', '../..', '/etc', 'elsewhere', 'letters/../..', 'no\0thing', 'none']) {
    test(`there is no folder ${JSON.stringify(folder)}`, async () => {
      const { result } = await agent.call('file_checksums', { folder });
      assert.equal(result?.isError, true);
      assert.match(result.content?.[0]?.text ?? '', /^There is no folder/);
    });
  }
});

suite('a server of somebody else’s', () => {
  test('keeps notes, and what is not mounted is not there', async () => {
    assert.equal(await textOf('notes_list_notes'), 'There are none.');
    assert.match((await textOf('notes_add_note', { text: 'Buy screws' })) ?? '', /There are 1 now/);
    assert.equal(await textOf('notes_list_notes'), 'Buy screws');
    const { error } = await agent.call('notes_forget_all');
    assert.match(error?.message ?? '', /no tool of this name/);
  });
});

/**
 * What a million rows of sessions, of the audit and of keys change: one Holdfast on empty tables and one on full ones, in turns.
 * p99 of calls, of connects, of requests whose session Postgres alone knows; and how many rows are read while nobody asks anything.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Client } from 'pg';
import { FILL_TABLES, ROWS_READ } from './filled-tables.ts';
import type { Channel, OpenChannel } from './load/channel.ts';
import { Load } from './load/drive.ts';
import { httpChannels } from './load/http.ts';
import { webSocketChannels } from './load/web-socket.ts';
import type { Server } from './process.ts';
import { checkAnswer, GREETING, legacyRequest } from './requests.ts';
import { startHoldfast } from './servers/holdfast.ts';
import { startPostgres } from './servers/postgres.ts';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const SLICE_MS = 1_000;
const WARM_UP_ANSWERS = 6_000;
const CONNECTS = 200;
const SESSIONS = 100;
/** So short that copies of sessions, which are kept for a quarter of it, run out between two rounds. */
const SESSION_TTL_MS = 20_000;
/** Long enough for polls of keys and of sessions, and for a sweep. */
const IDLE_MS = 10_000;
const VERSION = { 'MCP-Protocol-Version': '2025-11-25' };

/** One of the two, and what is asked of it. */
interface Side {
  readonly server: Server;
  readonly url: string;
  readonly database: Client;
  readonly calls: Load;
  /** How long each took, in milliseconds, by what was done. */
  readonly taken: Map<string, number[]>;
}

const overSocket = webSocketChannels({
  path: '/mcp',
  greeting: GREETING,
  request: legacyRequest('call'),
});
const overHttp = httpChannels({
  path: '/mcp',
  headers: VERSION,
  greeting: GREETING,
  request: legacyRequest('call'),
});

await using opened = new AsyncDisposableStack();
const { url } = opened.use(await startPostgres());
const empty = await openSide('empty_tables');
const full = await openSide('full_tables');
const beganAt = performance.now();
await Promise.all(FILL_TABLES.map((statements) => fill(full, statements)));
await full.database.query('analyze');
process.stdout.write(`Filled in ${((performance.now() - beganAt) / 1_000).toFixed(0)} s\n`);
for (const side of [empty, full]) await warmUp(side);
for (let round = 0; round < Number(options.rounds); round++) {
  for (const side of round % 2 === 0 ? [empty, full] : [full, empty]) await measure(side);
}
report();
await reportIdle();
for (const { calls } of [empty, full]) calls.close();

async function openSide(name: string): Promise<Side> {
  await (await connectTo(url)).query(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const environment = { DATABASE_URL: own.href, MCP_SESSION_TTL_MS: String(SESSION_TTL_MS) };
  const server = opened.use(await startHoldfast(1, 20, { environment }));
  const calls = await Load.open({
    connections: 64,
    window: 1,
    port: server.port,
    headers: server.headers,
    open: overSocket,
    check: checkAnswer('call'),
  });
  const database = await connectTo(own.href);
  return { server, url: own.href, database, calls, taken: new Map() };
}

async function connectTo(address: string): Promise<Client> {
  const client = new Client({ connectionString: address });
  await client.connect();
  return opened.adopt(client, () => client.end());
}

async function fill(side: Side, statements: readonly string[]): Promise<void> {
  const client = await connectTo(side.url);
  for (const sql of statements) await client.query(sql);
}

async function warmUp({ calls, server }: Side): Promise<void> {
  for (let answers = 0; answers < WARM_UP_ANSWERS; ) answers += (await calls.drive(500)).answers;
  for (const open of [overSocket, overHttp]) await connect(server, open, CONNECTS);
}

async function measure({ server, calls, taken }: Side): Promise<void> {
  const add = (what: string, more: readonly number[]): void => {
    taken.set(what, [...(taken.get(what) ?? []), ...more]);
  };
  const { p50, p99 } = await calls.drive(SLICE_MS);
  add('calls, p50 of rounds', [p50]);
  add('calls, p99 of rounds', [p99]);
  add('connects over ws', await connect(server, overSocket, CONNECTS));
  add('connects over http', await connect(server, overHttp, CONNECTS));
  add('sessions over http', await ask(server));
}

/** Connects, shows a key and initializes, a few at a time. Resolves with how long each took. */
async function connect(server: Server, open: OpenChannel, count: number): Promise<number[]> {
  const taken: number[] = [];
  let left = count;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const before = performance.now();
      const channel = await openOn(server, open, () => undefined);
      taken.push(performance.now() - before);
      channel.close();
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  return taken;
}

/** Asks once in each session, when no copy of it is left. */
async function ask(server: Server): Promise<number[]> {
  const taken: number[] = [];
  let answered = Promise.withResolvers<void>();
  // All at once: one after the other, on a slow disk, they would take longer than a session lasts.
  const opening = Array.from({ length: SESSIONS }, () =>
    openOn(server, overHttp, () => answered.resolve()),
  );
  const channels = await Promise.all(opening);
  await sleep(SESSION_TTL_MS / 4 + 500);
  for (const channel of channels) {
    await channel.ready();
    answered = Promise.withResolvers();
    const before = performance.now();
    channel.send(100_000_000);
    await answered.promise;
    taken.push(performance.now() - before);
    channel.close();
  }
  return taken;
}

function openOn({ port, headers }: Server, open: OpenChannel, heed: () => void): Promise<Channel> {
  return open({
    port,
    headers,
    heed,
    onError: (error) => {
      throw error;
    },
  });
}

function report(): void {
  const lines = ['| | p50 empty, full | × | p99 empty, full | × |', '|---|---|---|---|---|'];
  for (const [what, before] of empty.taken) {
    const after = full.taken.get(what) ?? [];
    const cells = [0.5, 0.99].flatMap((share) => {
      const [a, b] = [percentile(before, share), percentile(after, share)];
      return [`${a.toFixed(1)}, ${b.toFixed(1)} ms`, (b / a).toFixed(2)];
    });
    lines.push(`| ${what} | ${cells.join(' | ')} |`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}

/** What polls and sweeps read by themselves. */
async function reportIdle(): Promise<void> {
  for (const [name, { database }] of [
    ['empty', empty],
    ['full', full],
  ] as const) {
    const before = await rowsRead(database);
    await sleep(IDLE_MS);
    const after = await rowsRead(database);
    const inTurn = after.inTurn - before.inTurn;
    const byIndex = after.byIndex - before.byIndex;
    process.stdout.write(
      `${name}: ${inTurn} rows read in turn and ${byIndex} by an index in ${IDLE_MS / 1_000} s\n`,
    );
  }
}

async function rowsRead(database: Client): Promise<{ inTurn: number; byIndex: number }> {
  const { rows } = await database.query<{ in_turn: number; by_index: number }>(ROWS_READ);
  const [read] = rows;
  return { inTurn: read?.in_turn ?? 0, byIndex: read?.by_index ?? 0 };
}

/**
 * What a call costs that reads Postgres by primary key: CPU of all processes of Holdfast per answer, against that of a bare `ws`
 * server which has `pg` do the same prepared query in a pool of as many connections and answers with as many bytes. Postgres itself
 * is the same for both, and not counted.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { Client } from 'pg';
import { type Spread, spreadOf } from './figures.ts';
import { CODED_TOOLS, DECLARED_TOOLS, FILL_ITEMS, ITEM } from './items.ts';
import { CANNED } from './load/channel.ts';
import { Load } from './load/drive.ts';
import { webSocketChannels } from './load/web-socket.ts';
import { type Server, startServer } from './process.ts';
import { callOf, GREETING } from './requests.ts';
import { startHoldfast } from './servers/holdfast.ts';
import { startPostgres } from './servers/postgres.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const SLICE_MS = 1_000;
/** What is compiled settles after so many. */
const WARM_UP_ANSWERS = 60_000;
const SHAPE = { connections: 64, window: 1 } as const;

/** A server, and the tool of it that is called, if it has any. */
interface Row {
  readonly name: string;
  readonly server: Server;
  readonly tool: string | undefined;
  readonly against: string;
}

interface Sample {
  /** CPU of all processes that serve, in microseconds. */
  readonly perAnswerUs: number;
  readonly p50: number;
  readonly p99: number;
}

interface DatabaseFigure {
  readonly name: string;
  readonly against: string;
  readonly us: Spread;
  /** Times what it is compared with, in the same round. */
  readonly ratio: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
}

await using opened = new AsyncDisposableStack();
const rows = await openRows();
const loads = new Map<Row, Load>();
for (const row of rows) loads.set(row, await warmUp(row));
const samples = new Map<string, Sample[]>();
for (let round = 0; round < Number(options.rounds); round++) {
  // In another order each time: what one leaves behind is not always the same one's burden.
  for (const index of rows.keys()) await measure(rows[(index + round) % rows.length]);
}
const figures = rows.map(figureOf);
process.stdout.write(`${tableOf(figures)}\n`);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(figures, null, 2));
for (const load of loads.values()) load.close();

async function measure(row: Row | undefined): Promise<void> {
  const load = row === undefined ? undefined : loads.get(row);
  if (row === undefined || load === undefined) return;
  const before = row.server.cpuMs();
  const { answers, p50, p99 } = await load.drive(SLICE_MS);
  const perAnswerUs = ((row.server.cpuMs() - before) * 1_000) / answers;
  samples.set(row.name, [...(samples.get(row.name) ?? []), { perAnswerUs, p50, p99 }]);
}

async function warmUp({ server, tool }: Row): Promise<Load> {
  const load = await Load.open({
    ...SHAPE,
    port: server.port,
    headers: server.headers,
    open: channelsOf(tool),
    check: tool === undefined ? () => undefined : checkItem,
  });
  for (let answers = 0; answers < WARM_UP_ANSWERS; ) answers += (await load.drive(500)).answers;
  return load;
}

async function openRows(): Promise<readonly Row[]> {
  const { url } = opened.use(await startPostgres());
  await fill(url);
  const holdfast = opened.use(
    await startHoldfast(1, 1, { environment: { DATABASE_URL: url, MCP_TOOLS: toolsFolder() } }),
  );
  const answer = await answerOf(holdfast);
  const answerFile = join(
    opened.adopt(mkdtempSync(join(tmpdir(), 'holdfast-bench-')), remove),
    'answer',
  );
  writeFileSync(answerFile, answer);
  const settings = { BENCH_ANSWER_FILE: answerFile, BENCH_DATABASE_URL: url };
  const bare = async (file: string): Promise<Server> =>
    opened.use(
      await startServer([process.execPath, join(import.meta.dirname, 'servers', file)], settings),
    );
  const [echo, alone] = ['ws echo', 'ws, and pg alone'] as const;
  const found: readonly Row[] = [
    { name: echo, server: await bare('ws-echo.ts'), tool: undefined, against: echo },
    { name: alone, server: await bare('ws-database.ts'), tool: undefined, against: alone },
    { name: 'holdfast, reads nothing', server: holdfast, tool: 'plain', against: echo },
    { name: 'holdfast, declared sql', server: holdfast, tool: 'read_declared', against: alone },
    { name: 'holdfast, context.db', server: holdfast, tool: 'read_coded', against: alone },
    { name: 'holdfast, cached sql', server: holdfast, tool: 'read_cached', against: echo },
  ];
  return found.filter(({ name, against }) => name === against || name.includes(options.only));
}

async function fill(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(FILL_ITEMS);
  await client.end();
}

function toolsFolder(): string {
  const folder = opened.adopt(mkdtempSync(join(tmpdir(), 'holdfast-bench-')), remove);
  const tools = join(folder, 'shop');
  mkdirSync(tools);
  writeFileSync(join(tools, 'declared.yaml'), DECLARED_TOOLS);
  writeFileSync(join(tools, 'coded.ts'), CODED_TOOLS);
  return tools;
}

function channelsOf(tool: string | undefined) {
  const request = callOf(tool ?? 'read_declared', { id: ITEM.id });
  return tool === undefined
    ? webSocketChannels({ path: '/', greeting: [], request })
    : webSocketChannels({ path: '/mcp', greeting: GREETING, request });
}

/** What a call answers with, for yardsticks that answer with as many bytes. */
async function answerOf({ port, headers }: Server): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const heed = (payload: Buffer): void => {
    resolve(payload.toString());
  };
  const channel = await channelsOf('read_declared')({ port, headers, heed, onError: reject });
  channel.send(CANNED);
  const answer = await promise;
  channel.close();
  return answer;
}

/** Throws if an answer is not the item. */
function checkItem(answer: string): void {
  if (!answer.includes(ITEM.name)) throw new Error(`Not the item: ${answer}`);
}

function figureOf({ name, against }: Row): DatabaseFigure {
  const own = samples.get(name) ?? [];
  const other = samples.get(against) ?? [];
  return {
    name,
    against,
    us: spreadOf(own.map(({ perAnswerUs }) => perAnswerUs)),
    ratio: spreadOf(
      own.map(({ perAnswerUs }, round) => perAnswerUs / (other[round]?.perAnswerUs ?? Number.NaN)),
    ),
    p50Ms: spreadOf(own.map(({ p50 }) => p50)),
    p99Ms: spreadOf(own.map(({ p99 }) => p99)),
  };
}

function tableOf(all: readonly DatabaseFigure[]): string {
  return [
    '| | against | µs of CPU an answer | × that | p50 ms | p99 ms |',
    '|---|---|---|---|---|---|',
    ...all.map(
      ({ name, against, us, ratio, p50Ms, p99Ms }) =>
        `| ${name} | ${against} | ${spread(us)} | ${spread(ratio)} | ${spread(p50Ms)} | ${spread(p99Ms)} |`,
    ),
  ].join('\n');
}

function spread({ median, min, max }: Spread): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

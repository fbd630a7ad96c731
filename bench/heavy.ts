/**
 * What others feel of a tool that computes: how late their answers are while it runs in a thread, and while it runs inline. What a
 * bare echo feels of a thread that computes anywhere is the machine's doing, and the floor of it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

import { floorsOf } from './contenders/floors.ts';
import { type Spread, spreadOf } from './figures.ts';
import { Load } from './load/drive.ts';
import { webSocketChannels } from './load/web-socket.ts';
import { spread, tableOf } from './report.ts';
import { callOf, checkAnswer, GREETING, legacyRequest } from './requests.ts';
import { FLOORS } from './rows.ts';
import { startHoldfast } from './servers/holdfast.ts';
import { Servers } from './servers.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'slice-s': { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
const ROUNDS = Number(options.rounds);
const SLICE_MS = Number(options['slice-s']) * 1_000;
const CPU_US = 200_000;
const PER_SECOND = 200;
const SHAPE = { connections: 20, window: 1 } as const;

/** A tool that computes for so long, whatever else the machine does. */
function heavyTool(isolate: 'thread' | 'inline'): string {
  return `export const heavy_${isolate} = defineTool({
    name: 'heavy_${isolate}', description: 'Computes.', isolate: '${isolate}', input: { type: 'object' },
    run: async () => {
      const begun = process.threadCpuUsage();
      for (;;) {
        const { user, system } = process.threadCpuUsage(begun);
        if (user + system >= ${CPU_US}) return 'done';
      }
    },
  });`;
}

/** Of the others' calls, in milliseconds since each was due. */
interface Sample {
  readonly p50: number;
  readonly p99: number;
  /** Calls of the heavy tool meanwhile. */
  readonly heavyCalls: number;
}

/** Has something compute for so long, and tells how many calls that took. */
type Compute = (ms: number) => Promise<number>;

/** Who is asked, and what computes beside it. */
interface Row {
  readonly of: string;
  readonly beside: string;
  readonly asked: Load;
  readonly compute: Compute;
  readonly samples: Sample[];
}

await using servers = new Servers();
const ours = await servers.get('holdfast', () =>
  startHoldfast(1, 20, { tools: [heavyTool('thread'), heavyTool('inline')] }),
);
const [echo, holdfast] = [await openEcho(), await openOurs(legacyRequest('call'))];
const rows = [
  rowOf(FLOORS.ws, 'nothing', echo, nothing),
  rowOf(FLOORS.ws, 'a thread', echo, inThread),
  rowOf('holdfast', 'nothing', holdfast, nothing),
  rowOf('holdfast', 'heavy, in a thread', holdfast, await callsOf('heavy_thread')),
  rowOf('holdfast', 'heavy, inline', holdfast, await callsOf('heavy_inline')),
];
for (const load of [echo, holdfast]) await load.drive(SLICE_MS);
for (let round = 0; round < ROUNDS; round++) for (const row of rows) await measure(row);
for (const load of [echo, holdfast]) load.close();
const figures = rows.map(figureOf);
const table = tableOf(
  ['', 'beside', 'p50 ms', 'p99 ms', '× the p99 with nothing beside', 'heavy calls'],
  figures.map(({ of, beside, p50Ms, p99Ms, ratio, heavyCalls }) => [
    of,
    beside,
    spread(p50Ms, 2),
    spread(p99Ms, 2),
    spread(ratio, 2),
    String(heavyCalls),
  ]),
);
process.stdout.write(`${table}\n`);
if (options.json === undefined) process.stdout.write(`${JSON.stringify(figures)}\n`);
else writeFileSync(options.json, JSON.stringify(figures, null, 2));

function rowOf(of: string, beside: string, asked: Load, compute: Compute): Row {
  return { of, beside, asked, compute, samples: [] };
}

async function measure({ asked, compute, samples }: Row): Promise<void> {
  const [{ p50, p99 }, heavyCalls] = await Promise.all([
    asked.driveAtRate(PER_SECOND, SLICE_MS),
    compute(SLICE_MS),
  ]);
  samples.push({ p50, p99, heavyCalls });
}

async function nothing(): Promise<number> {
  return 0;
}

/** Which process the thread is of is the same to the machine. */
async function inThread(ms: number): Promise<number> {
  const thread = new Worker(new URL('load/compute.ts', import.meta.url), { workerData: ms });
  await new Promise((resolve) => thread.once('exit', resolve));
  return 0;
}

async function callsOf(tool: string): Promise<Compute> {
  const load = await openOurs(callOf(tool, {}), { connections: 1, window: 1 }, () => undefined);
  return async (ms) => {
    const { answers } = await load.drive(ms);
    return answers;
  };
}

function openOurs(
  request: string,
  shape: { readonly connections: number; readonly window: number } = SHAPE,
  check: (answer: string, number: number) => void = checkAnswer('call'),
): Promise<Load> {
  const open = webSocketChannels({ path: '/mcp', greeting: GREETING, request });
  const { port, headers } = ours;
  return Load.open({ ...shape, port, headers, open, check });
}

async function openEcho(): Promise<Load> {
  const floor = floorsOf(servers).find(({ name }) => name === FLOORS.ws);
  if (floor === undefined) throw new Error('There is no echo');
  const { server, channels: open } = await floor.reach({
    asked: 'call',
    tools: 20,
    processes: 1,
    shape: SHAPE,
    withPeers: false,
  });
  const { port, headers } = server;
  // It does not look at what it is asked, and has one answer for all.
  return Load.open({ ...SHAPE, port, headers, open, check: () => undefined });
}

interface HeavyFigure extends Pick<Row, 'of' | 'beside'> {
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Times the p99 of the same with nothing beside, in the same round. */
  readonly ratio: Spread;
  readonly heavyCalls: number;
}

function figureOf({ of, beside, asked, samples }: Row): HeavyFigure {
  const alone = rows.find((row) => row.asked === asked)?.samples ?? [];
  return {
    of,
    beside,
    p50Ms: spreadOf(samples.map(({ p50 }) => p50)),
    p99Ms: spreadOf(samples.map(({ p99 }) => p99)),
    ratio: spreadOf(samples.map(({ p99 }, round) => p99 / (alone[round]?.p99 ?? Number.NaN))),
    heavyCalls: samples.reduce((sum, sample) => sum + sample.heavyCalls, 0),
  };
}

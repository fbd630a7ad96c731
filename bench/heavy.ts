/** What others feel of a tool that computes: how late their answers are while it runs in a thread, and while it runs inline. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { type Spread, spreadOf } from './figures.ts';
import type { OpenChannel } from './load/channel.ts';
import { Load } from './load/drive.ts';
import { webSocketChannels } from './load/web-socket.ts';
import type { Server } from './process.ts';
import { spread, tableOf } from './report.ts';
import { callOf, checkAnswer, GREETING, legacyRequest } from './requests.ts';
import { startHoldfast } from './servers/holdfast.ts';

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
const PROBES = 20;

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

/** What runs beside the others' calls. */
const BESIDES = ['nothing', 'heavy_thread', 'heavy_inline'] as const;
type Beside = (typeof BESIDES)[number];

/** Of the others' calls, in milliseconds since each was due. */
interface Sample {
  readonly p50: number;
  readonly p99: number;
  /** Calls of the heavy tool meanwhile. */
  readonly heavy: number;
}

await using server = await startHoldfast(1, 20, {
  tools: [heavyTool('thread'), heavyTool('inline')],
});
const probes = await openLoad(server, PROBES, legacyRequest('call'), checkAnswer('call'));
const heavy = new Map<Beside, Load>();
for (const name of BESIDES.slice(1)) {
  heavy.set(name, await openLoad(server, 1, callOf(name, {}), () => undefined));
}
await probes.drive(SLICE_MS);
const samples = new Map<Beside, Sample[]>(BESIDES.map((beside) => [beside, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const beside of BESIDES) samples.get(beside)?.push(await measure(beside));
}
probes.close();
for (const load of heavy.values()) load.close();
const figures = BESIDES.map((beside) => figureOf(beside, samples));
const table = tableOf(
  ['beside', 'p50 ms', 'p99 ms', '× the p99 with nothing beside', 'heavy calls'],
  figures.map(({ beside, p50Ms, p99Ms, ratio, heavyCalls }) => [
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

async function measure(beside: Beside): Promise<Sample> {
  const [{ p50, p99 }, driven] = await Promise.all([
    probes.driveAtRate(PER_SECOND, SLICE_MS),
    heavy.get(beside)?.drive(SLICE_MS),
  ]);
  return { p50, p99, heavy: driven?.answers ?? 0 };
}

function openLoad(
  { port, headers }: Server,
  connections: number,
  request: string,
  check: (answer: string, number: number) => void,
): Promise<Load> {
  const open: OpenChannel = webSocketChannels({ path: '/mcp', greeting: GREETING, request });
  return Load.open({ connections, window: 1, port, headers, open, check });
}

interface HeavyFigure {
  readonly beside: Beside;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Times the p99 with nothing beside, of the same round. */
  readonly ratio: Spread;
  readonly heavyCalls: number;
}

function figureOf(beside: Beside, all: ReadonlyMap<Beside, readonly Sample[]>): HeavyFigure {
  const own = all.get(beside) ?? [];
  const alone = all.get('nothing') ?? [];
  return {
    beside,
    p50Ms: spreadOf(own.map(({ p50 }) => p50)),
    p99Ms: spreadOf(own.map(({ p99 }) => p99)),
    ratio: spreadOf(own.map(({ p99 }, round) => p99 / (alone[round]?.p99 ?? Number.NaN))),
    heavyCalls: own.reduce((sum, sample) => sum + sample.heavy, 0),
  };
}

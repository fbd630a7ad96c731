/** What sockets cost that say nothing: memory of each, the CPU of keeping them alive, what opening them takes, and whether all is given back. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { Channel } from './load/channel.ts';
import { type DrivenAtRate, Load } from './load/drive.ts';
import { webSocketChannels } from './load/web-socket.ts';
import { tableOf } from './report.ts';
import { checkAnswer, GREETING, legacyRequest } from './requests.ts';
import { startHoldfast } from './servers/holdfast.ts';

const { values: options } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '2' },
    cycles: { type: 'string', default: '3' },
    'idle-s': { type: 'string', default: '25' },
    'settle-s': { type: 'string', default: '20' },
    'release-s': { type: 'string', default: '60' },
    json: { type: 'string' },
  },
});
const CONNECTIONS = Number(options.connections);
const WORKERS = Number(options.workers);
const CYCLES = Number(options.cycles);
/** A whole round of pings, so that each socket has had one. */
const IDLE_MS = Number(options['idle-s']) * 1_000;
const SETTLE_MS = Number(options['settle-s']) * 1_000;
/** V8 gives memory back when nothing has happened for a while. */
const RELEASE_MS = Number(options['release-s']) * 1_000;
/** Sockets that are opened at the same time. */
const OPENING = 32;
/** Sockets that are opened and closed before anything is measured: code is compiled, and pools are open. */
const WARM_UP = 1_000;
const PROBES_PER_S = 10;

/** What one cycle of opening, idling and closing came to. */
interface Cycle {
  /** CPU for opening one socket and its handshake, of all server processes. */
  readonly openUs: number;
  readonly rssKbEach: number;
  /** Of one core, at one ping a socket in 25 s. */
  readonly idleCpuPercent: number;
  /** How long a call took meanwhile: a loop that stalls would show in it. */
  readonly callP50Ms: number;
  readonly callMaxMs: number;
  /** More than before the first socket, once all are closed. */
  readonly keptMb: number;
}

await using server = await startHoldfast(WORKERS, 20);
const openChannel = webSocketChannels({
  path: '/mcp',
  greeting: GREETING,
  request: legacyRequest('call'),
});
closeAll(await openMany(WARM_UP));
await sleep(RELEASE_MS);
const beforeBytes = server.rssBytes();
const beforeCpuPercent = await cpuPercentFor(SETTLE_MS);
const cycles: Cycle[] = [];
for (let cycle = 0; cycle < CYCLES; cycle++) cycles.push(await runCycle());
const table = tableOf(
  [
    'cycle',
    'RSS KB each',
    'idle, % of a core',
    'call p50 ms',
    'call max ms',
    'open µs of CPU',
    'kept MB',
  ],
  cycles.map((cycle, index) => [
    String(index + 1),
    cycle.rssKbEach.toFixed(1),
    cycle.idleCpuPercent.toFixed(2),
    cycle.callP50Ms.toFixed(2),
    cycle.callMaxMs.toFixed(1),
    cycle.openUs.toFixed(0),
    cycle.keptMb.toFixed(1),
  ]),
);
process.stdout.write(
  `Before: ${mb(beforeBytes).toFixed(0)} MB, ${beforeCpuPercent.toFixed(2)} % of a core.\n\n${table}\n`,
);
const before = { mb: mb(beforeBytes), cpuPercent: beforeCpuPercent };
const figures = { connections: CONNECTIONS, workers: WORKERS, before, cycles };
if (options.json === undefined) process.stdout.write(`${JSON.stringify(figures)}\n`);
else writeFileSync(options.json, JSON.stringify(figures, null, 2));

async function runCycle(): Promise<Cycle> {
  const startedAtMs = server.cpuMs();
  const channels = await openMany(CONNECTIONS);
  const openUs = ((server.cpuMs() - startedAtMs) * 1_000) / CONNECTIONS;
  await sleep(SETTLE_MS);
  const idleCpuPercent = await cpuPercentFor(IDLE_MS);
  const rssKbEach = (server.rssBytes() - beforeBytes) / 1_024 / CONNECTIONS;
  const { p50, max } = await probe(IDLE_MS);
  closeAll(channels);
  await sleep(RELEASE_MS);
  return {
    openUs,
    rssKbEach,
    idleCpuPercent,
    callP50Ms: p50,
    callMaxMs: max,
    keptMb: mb(server.rssBytes() - beforeBytes),
  };
}

/** Of one core, while nothing happens but what always does. */
async function cpuPercentFor(ms: number): Promise<number> {
  const fromMs = server.cpuMs();
  const from = performance.now();
  await sleep(ms);
  return ((server.cpuMs() - fromMs) * 100) / (performance.now() - from);
}

async function openMany(count: number): Promise<readonly Channel[]> {
  const channels: Channel[] = [];
  const openNext = async (): Promise<void> => {
    while (channels.length + opening < count) {
      opening += 1;
      const channel = await openChannel({
        port: server.port,
        headers: server.headers,
        heed: () => undefined,
        onError: (error) => {
          throw error;
        },
      });
      opening -= 1;
      channels.push(channel);
    }
  };
  let opening = 0;
  await Promise.all(Array.from({ length: OPENING }, openNext));
  return channels;
}

function closeAll(channels: readonly Channel[]): void {
  for (const channel of channels) channel.close();
}

/** Calls a tool now and then, for so long. */
async function probe(ms: number): Promise<DrivenAtRate> {
  const { port, headers } = server;
  const check = checkAnswer('call');
  const one = { connections: 1, window: 1 };
  const load = await Load.open({ ...one, port, headers, open: openChannel, check });
  try {
    return await load.driveAtRate(PROBES_PER_S, ms);
  } finally {
    load.close();
  }
}

function mb(bytes: number): number {
  return bytes / 1_048_576;
}

/** How the cost of a call grows: with connections, with tools, and with workers. Each time against an echo that has as many connections and processes. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { floorsOf } from './contenders/floors.ts';
import { oursOf } from './contenders/ours.ts';
import { type Figure, figuresOf, type Spread } from './figures.ts';
import { Load } from './load/drive.ts';
import { spread, tableOf } from './report.ts';
import { type Measured, measureInTurns, type Plan } from './rounds.ts';
import { type Case, type Row, rowsOf } from './rows.ts';
import { Servers } from './servers.ts';

/** More than this, and it grows. */
const FLAT = 1.25;
const OURS = 'holdfast ws';

const { values: options } = parseArgs({
  options: {
    axis: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    'slice-ms': { type: 'string', default: '700' },
    json: { type: 'string' },
  },
});
const ROUNDS = Number(options.rounds);
const SLICE_MS = Number(options['slice-ms']);
/** Before the first round: a single connection would take minutes to have a server compiled. */
const WARM_UP: Plan = {
  rounds: 0,
  sliceMs: SLICE_MS,
  warmUpAnswers: 200_000,
  warmUpMs: 30_000,
};
/** A round warms up anew, as its connections are new; what was compiled stays so. */
const PLAN: Plan = {
  rounds: 1,
  sliceMs: SLICE_MS,
  warmUpAnswers: 10_000,
  warmUpMs: 3_000,
};
const CALL = { asked: 'call', tools: 20, processes: 1, withPeers: false, over: 'ws' } as const;
/** Of many connections so many ask, and the others are only there. */
const ASKING_MAX = 64;
const MANY = { connections: ASKING_MAX, window: 1 };

/** A size, what is asked there, and by how many connections nothing is asked. */
interface Step {
  readonly at: number;
  readonly of: Case;
  readonly idle: number;
}

/** What grows, from little to much. */
const AXES: Readonly<Record<string, readonly Step[]>> = {
  connections: [1, 100, 1_000, 10_000].map((at) => {
    const connections = Math.min(at, ASKING_MAX);
    return { at, of: { ...CALL, shape: { connections, window: 1 } }, idle: at - connections };
  }),
  tools: [20, 200, 1_000].map((at) => ({ at, of: { ...CALL, tools: at, shape: MANY }, idle: 0 })),
  workers: [1, 2, 4].map((at) => ({ at, of: { ...CALL, processes: at, shape: MANY }, idle: 0 })),
};

/** A point of an axis: times the echo there, and times that of the first point. */
interface Point {
  readonly axis: string;
  readonly at: number;
  readonly us: Spread;
  readonly ratio: Spread;
  readonly growth: number;
}

await using servers = new Servers();
const contenders = [...floorsOf(servers), ...oursOf(servers)];
const points: Point[] = [];
for (const [axis, steps] of Object.entries(AXES)) {
  if (options.axis !== undefined && options.axis !== axis) continue;
  points.push(...(await measureAxis(axis, steps)));
}
const table = tableOf(
  ['axis', 'at', 'µs of CPU a call', '× its echo', '× the first'],
  points.map(({ axis, at, us, ratio, growth }) => [
    axis,
    String(at),
    spread(us, 1),
    spread(ratio, 2),
    growth.toFixed(2),
  ]),
);
process.stdout.write(`${table}\n`);
if (options.json === undefined) process.stdout.write(`${JSON.stringify(points)}\n`);
else writeFileSync(options.json, JSON.stringify(points, null, 2));
process.exitCode = points.every(({ growth }) => growth <= FLAT) ? 0 : 1;

/** All points of an axis take turns, so that what disturbs the machine disturbs all. */
async function measureAxis(axis: string, steps: readonly Step[]): Promise<readonly Point[]> {
  const measured = steps.map((step) => ({
    step,
    rows: rowsOf(step.of, contenders, OURS),
    rounds: [] as Measured[],
  }));
  for (const of of serversOf(steps)) {
    process.stderr.write(`${axis}: warming up, ${of.processes} × ${of.tools} tools\n`);
    for (const row of rowsOf({ ...of, shape: MANY }, contenders, OURS)) {
      const plan = { ...WARM_UP, warmUpAnswers: WARM_UP.warmUpAnswers * of.processes };
      const [warmed] = await measureInTurns([row], plan, () => undefined);
      if (warmed?.failure !== undefined) throw new Error(`${row.name}: ${warmed.failure}`);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { step, rows, rounds } of measured) {
      process.stderr.write(`${axis} ${step.at}: round ${round + 1}\n`);
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
        rounds.push(await measureAlone(row, step.idle));
      }
    }
  }
  const figures = measured.map(({ rounds }) => oursIn(rounds));
  const first = figures[0]?.ratio.median ?? Number.NaN;
  return figures.map(({ us, ratio }, index) => {
    return { axis, at: steps[index]?.at ?? 0, us, ratio, growth: ratio.median / first };
  });
}

/** A case for each server that the steps of an axis ask. */
function serversOf(steps: readonly Step[]): readonly Case[] {
  const cases = steps.map(({ of }) => [`${of.processes} ${of.tools}`, of] as const);
  return [...new Map(cases).values()];
}

/** One row, whose connections are open only meanwhile: those of two would be more than a process may have. */
async function measureAlone(row: Row, idle: number): Promise<Measured> {
  const { server, channels: open } = await row.contender.reach(row.of);
  const { port, headers } = server;
  const crowd = { connections: idle, window: 1, port, headers, open, check: row.check };
  const load = await Load.open(crowd);
  try {
    const [measured] = await measureInTurns([row], PLAN, () => undefined);
    if (measured?.samples.length !== 1) throw new Error(`${row.name}: ${measured?.failure}`);
    return measured;
  } finally {
    load.close();
  }
}

function oursIn(rounds: readonly Measured[]): Figure {
  const figure = figuresOf(joined(rounds)).find(({ contender }) => contender === OURS);
  if (figure === undefined) throw new Error(`${OURS} was not measured`);
  return figure;
}

/** The rounds of each row together. */
function joined(measured: readonly Measured[]): readonly Measured[] {
  const samples = Map.groupBy(measured, ({ row }) => row);
  return [...samples].map(([row, rounds]) => ({
    row,
    samples: rounds.flatMap((round) => round.samples),
  }));
}

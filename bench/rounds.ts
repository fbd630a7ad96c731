import { type Driven, Load } from './load/drive.ts';
import type { Server } from './process.ts';
import type { Row } from './rows.ts';

/** What is compiled is settled when so many slices in a row were not cheaper than the cheapest before, but for noise. */
const SETTLED_SLICES = 4;
const CHEAPER = 0.97;
/** How many times as long peers may take to get warm: over HTTP they need ten thousand answers, and give them slowly. */
const PEER_PATIENCE = 2.5;
/** Of a slice, before it: a server that waited for its turn has cold caches, and does some things that it never did while it was warmed up. */
const RUN_UP = 1 / 3;
/** At a rate answers are few: it takes longer until some are late. */
const SLICES_AT_RATE = 3;

/** How long, and how often, a case is measured. */
export interface Plan {
  readonly rounds: number;
  readonly sliceMs: number;
  /** Before so many answers a server is still being compiled. */
  readonly warmUpAnswers: number;
  /** However few the answers, a server is taken for warm after so long. */
  readonly warmUpMs: number;
}

/** A row in a round. */
export interface Sample {
  readonly answers: number;
  readonly ms: number;
  /** CPU of all processes of the server for an answer, in microseconds. */
  readonly perAnswerUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssBytes: number;
}

/** What became of a row: a sample for each round, or why there is none. */
export interface Measured {
  readonly row: Row;
  readonly samples: readonly Sample[];
  readonly failure?: string;
}

/** A row that is being measured. */
class Runner {
  readonly row: Row;
  readonly samples: Sample[] = [];
  failure: string | undefined;
  #load: Load | undefined;
  #server: Server | undefined;

  constructor(row: Row) {
    this.row = row;
  }

  async warmUp(plan: Plan): Promise<void> {
    const { server, channels } = await this.row.contender.reach(this.row.of);
    const load = await Load.open({
      ...this.row.of.shape,
      port: server.port,
      headers: server.headers,
      open: channels,
      check: this.row.check,
    });
    this.#load = load;
    this.#server = server;
    // To open them all may have taken long enough for the first to be idle.
    await load.ready();
    const patience = this.row.contender.kind === 'peer' ? PEER_PATIENCE : 1;
    const until = performance.now() + plan.warmUpMs * patience;
    let answers = 0;
    let settled = 0;
    let cheapestUs = Infinity;
    while (performance.now() < until) {
      const slice = await sampleOf(server, () => load.drive(plan.sliceMs));
      answers += slice.answers;
      settled = slice.perAnswerUs < cheapestUs * CHEAPER ? 0 : settled + 1;
      cheapestUs = Math.min(cheapestUs, slice.perAnswerUs);
      if (answers >= plan.warmUpAnswers && settled >= SETTLED_SLICES) return;
    }
  }

  async measure({ sliceMs }: Plan): Promise<void> {
    const load = this.#load;
    if (load === undefined || this.#server === undefined) return;
    await load.ready();
    await load.drive(sliceMs * RUN_UP);
    const { perSecond } = this.row.of;
    const drive = (): Promise<Driven> =>
      perSecond === undefined
        ? load.drive(sliceMs)
        : load.driveAtRate(perSecond, sliceMs * SLICES_AT_RATE);
    this.samples.push(await sampleOf(this.#server, drive));
  }

  /** Does a step, unless an earlier one failed: then the others go on without this row. */
  async attempt(step: () => Promise<void>, tell: (progress: string) => void): Promise<void> {
    if (this.failure !== undefined) return;
    try {
      await step();
    } catch (error) {
      this.failure = reasonOf(error);
      tell(`${this.row.contender.name} failed: ${this.failure}`);
      this.close();
    }
  }

  close(): void {
    this.#load?.close();
  }
}

/** Measures rows that are compared with one another, in turns; `tell` hears what is going on. */
export async function measureInTurns(
  rows: readonly Row[],
  plan: Plan,
  tell: (progress: string) => void,
): Promise<readonly Measured[]> {
  const runners = rows.map((row) => new Runner(row));
  try {
    for (const runner of runners) {
      tell(`warming up ${runner.row.contender.name}`);
      await runner.attempt(() => runner.warmUp(plan), tell);
    }
    for (let round = 0; round < plan.rounds; round++) {
      tell(`round ${round + 1} of ${plan.rounds}`);
      for (const runner of rotated(runners, round)) {
        await runner.attempt(() => runner.measure(plan), tell);
      }
    }
  } finally {
    for (const runner of runners) runner.close();
  }
  return runners.map(({ row, samples, failure }) => ({
    row,
    samples,
    ...(failure === undefined ? {} : { failure }),
  }));
}

async function sampleOf(server: Server, drive: () => Promise<Driven>): Promise<Sample> {
  const before = server.cpuMs();
  const { answers, ms, p50, p99 } = await drive();
  return {
    answers,
    ms,
    perAnswerUs: ((server.cpuMs() - before) * 1_000) / answers,
    p50Ms: p50,
    p99Ms: p99,
    rssBytes: server.rssBytes(),
  };
}

/** In another order each time: what one leaves behind in caches is not always the same one's burden. */
function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const first = by % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}

/** Tools that are edited again and again while agents call them: 200 calls a second, 50 reloads, every tenth broken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Agent } from '../agent.ts';
import { createDatabase } from '../postgres.ts';
import { startHoldfast, suiteServers } from '../process/holdfast.ts';
import { Operator, type Told } from '../process/operator.ts';

const CALLS_PER_S = 200;
const AGENTS = 8;
const RELOADS = Number(process.env.RELOADS ?? 50);
const BROKEN_EVERY = 10;
/** Two pages. */
const TOOLS = 120;
const HEAP_OF_GENERATION_MAX = 500_000;
/** After so many the machine has compiled what it will. */
const WARM_AT = 10;
const patience = { timeout: 60_000, interval: 20 };

function sourceOf(generation: number): string {
  const tools = Array.from(
    { length: TOOLS },
    (_, index) => `export const tool${index} = tool('tool_${index}');`,
  );
  return `import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { defineTool } from 'mcp-holdfast';
import { z } from 'zod';

const tool = (name) => defineTool({
  name,
  description: 'Of generation ${generation}.',
  input: z.object({ given: z.string().optional(), many: z.array(z.number()).max(10).optional() }),
  run: async () => ({ generation: ${generation} }),
});

export const weighs = defineTool({
  name: 'weighs',
  description: 'Of generation ${generation}.',
  async run() {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    for (let round = 0; round < 4; round++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { pid: process.pid, heapBytes: process.memoryUsage().heapUsed };
  },
});
${tools.join('\n')}
`;
}

/** Calls at a rate that does not wait for answers, over one socket after the other. */
class Load {
  readonly failures: unknown[] = [];
  readonly seen = new Set<number>();
  calls = 0;
  readonly #agents: readonly Agent[];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<Promise<void>>();

  constructor(agents: readonly Agent[]) {
    this.#agents = agents;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#startedAt) / 1_000) * CALLS_PER_S;
      while (this.calls < due) this.#call();
    }, 5);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
  }

  #call(): void {
    this.calls += 1;
    const agent = this.#agents[this.calls % this.#agents.length];
    const running = agent
      ?.call(`tool_${this.calls % TOOLS}`)
      .then(
        ({ result, error }) => {
          const generation = result?.structuredContent?.generation;
          if (typeof generation === 'number' && error === undefined) this.seen.add(generation);
          else this.failures.push({ result, error });
        },
        (error: unknown) => this.failures.push(error),
      )
      .then(() => {
        this.#running.delete(running ?? Promise.resolve());
      });
    if (running !== undefined) this.#running.add(running);
  }
}

/** Lists all tools, page by page. Nothing, if it was told to begin anew. */
async function listAll(agent: Agent): Promise<readonly string[] | undefined> {
  const first: Told = await agent.request('tools/list', {});
  const { tools, nextCursor } = first.result;
  assert.equal(typeof nextCursor, 'string');
  const second: Told = await agent.request('tools/list', { cursor: nextCursor });
  if (second.error !== undefined) {
    assert.match(second.error.message, /begin anew/);
    return undefined;
  }
  assert.equal(second.result.nextCursor, undefined);
  return [...tools, ...second.result.tools].map(({ description }: Told) => description);
}

suite('tools that are edited under load', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-under-load-'));
  before(async () => {
    database = await createDatabase();
  });
  after(async () => {
    await database[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test('fail no call, mix no list, and are told of once each', { timeout: 900_000 }, async (t) => {
    const write = (text: string): void => {
      writeFileSync(join(folder, 'tools.ts'), text);
    };
    write(sourceOf(0));
    await using holdfast = startHoldfast({
      env: {
        ...suiteServers(database.url),
        MCP_WORKERS: '2',
        MCP_TOOLS: folder,
        MCP_WATCH: 'false',
        MCP_LOG_LEVEL: 'warn',
        // What is measured is not who may come how often.
        MCP_CALLS_IN_FLIGHT_MAX: '10000',
        MCP_CALLS_OF_ONE_MAX: '10000',
      },
    });
    const operator = new Operator(holdfast.stateFolder);
    const port = await servingPort(t, operator);
    const agents = await Promise.all(Array.from({ length: AGENTS }, () => Agent.connect(port)));
    // Each call that runs listens for the end of its socket.
    for (const { socket } of agents) socket.setMaxListeners(0);
    const changes = agents.map((agent) => countChanges(agent));
    const lister = await Agent.connect(port);
    const load = new Load(agents);

    const over = new AbortController();
    const lists = { whole: 0, begunAnew: 0 };
    const listing = (async () => {
      while (!over.signal.aborted) {
        const descriptions = await listAll(lister);
        if (descriptions === undefined) lists.begunAnew += 1;
        else {
          lists.whole += 1;
          assert.equal(descriptions.length, TOOLS + 1);
          assert.equal(new Set(descriptions).size, 1, [...new Set(descriptions)].join());
        }
        await sleep(5);
      }
    })();

    const tookMs: number[] = [];
    let warm = new Map<number, number>();
    let generation = 0;
    for (let reload = 1; reload <= RELOADS; reload++) {
      const isBroken = reload % BROKEN_EVERY === 0;
      if (isBroken) write(`${sourceOf(-reload)}\nexport const broken = {;`);
      else write(sourceOf((generation = reload)));
      const last = await ordered(t, operator);
      assert.equal(last.result, isBroken ? 'failed' : 'reloaded', JSON.stringify(last.faults));
      if (!isBroken) tookMs.push(last.tookMs);
      const { result } = (await lister.call('tool_0')) satisfies Told;
      assert.equal(result?.structuredContent?.generation, generation);
      if (reload === WARM_AT) warm = await weigh(agents);
    }
    over.abort();
    await listing;
    await load.stop();
    const good = RELOADS - RELOADS / BROKEN_EVERY;

    assert.deepEqual(load.failures.slice(0, 3), []);
    assert.ok(load.calls > CALLS_PER_S);
    assert.ok(
      [...load.seen].every((seen) => seen >= 0),
      'what is broken was served',
    );
    assert.ok(load.seen.has(generation));
    assert.ok(lists.whole > RELOADS);
    await t.waitFor(() => {
      assert.deepEqual(
        changes.map(({ count }) => count),
        agents.map(() => good),
      );
    }, patience);

    const heaps = await weigh(agents);
    const loaded = RELOADS - WARM_AT - (RELOADS - WARM_AT) / BROKEN_EVERY;
    const each = [...heaps].map(([pid, bytes]) => (bytes - (warm.get(pid) ?? 0)) / loaded);
    assert.equal(each.length, 2);
    tookMs.sort((a, b) => a - b);
    t.diagnostic(
      JSON.stringify({
        calls: load.calls,
        lists,
        reloadMs: { median: tookMs[Math.floor(tookMs.length / 2)], max: tookMs.at(-1) },
        heapBytesOfGeneration: each.map(Math.round),
      }),
    );
    for (const bytes of each) assert.ok(bytes <= HEAP_OF_GENERATION_MAX, `${bytes} bytes`);
    for (const agent of [...agents, lister]) await agent[Symbol.asyncDispose]();
  });
});

/** The log says only what is wrong, and so nothing of the port. */
async function servingPort(t: TestContext, operator: Operator): Promise<number> {
  return t.waitFor(async () => {
    const [event] = await operator.events('worker_ready');
    const { capacity } = await operator.ask('/supervisor/state');
    assert.equal(capacity.ready, 2);
    return event.port;
  }, patience);
}

function countChanges(agent: Agent): { count: number } {
  const told = { count: 0 };
  agent.socket.on('message', (data: Buffer) => {
    if (data.toString().includes('notifications/tools/list_changed')) told.count += 1;
  });
  return told;
}

/** Orders what is on disk, and waits for what comes of it. */
async function ordered(t: TestContext, operator: Operator): Promise<Told> {
  const { lastSeq } = await operator.ask('/supervisor/events?limit=1&since=999999999');
  assert.equal((await operator.order('/supervisor/tools/reload')).status, 202);
  return t.waitFor(async () => {
    const { events } = await operator.ask(`/supervisor/events?since=${lastSeq}`);
    const isOver = events.some(({ type }: Told) =>
      /^tools_(reloaded|reload_failed|unchanged)$/.test(type),
    );
    assert.ok(isOver);
    const { tools } = await operator.ask('/supervisor/state');
    assert.ok(!tools.reload.active);
    return tools.reload.last;
  }, patience);
}

/** What each worker holds when all is thrown away that can be. */
async function weigh(agents: readonly Agent[]): Promise<Map<number, number>> {
  const weights = new Map<number, number>();
  for (const agent of agents) {
    const { result } = await agent.call('weighs');
    const { pid, heapBytes } = result?.structuredContent ?? {};
    weights.set(Number(pid), Math.min(Number(heapBytes), weights.get(Number(pid)) ?? Infinity));
  }
  return weights;
}

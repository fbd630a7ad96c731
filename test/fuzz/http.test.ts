import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { serveMcp } from '../worker/transport/mcp-served.ts';
import { Dice, seedOf } from './dice.ts';
import { heapBytes } from './heap.ts';
import { HttpAgent } from './http-agent.ts';
import { LIMITS, OFFERED } from './offered.ts';

const BODIES = Number(process.env.FUZZ_BODIES ?? 100_000);
/** What workers share is kept in memory here, and goes with them. */
const BODIES_PER_WORKER = 10_000;
const AGENTS = 8;
const GROWTH_BYTES_MAX = 8 * 1_048_576;
/** What a tool of ours throws on purpose. */
const MEANT: ReadonlySet<string> = new Set(['method failed']);

/** Serves agents that send so many bodies, and looks at what is left when they are gone. */
async function serveAgents(t: TestContext, bodies: number, dice: Dice): Promise<void> {
  await using served = await serveMcp(OFFERED, LIMITS);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const agents = Array.from({ length: AGENTS }, () => {
    return new HttpAgent(new Dice(dice.below(2 ** 31)), served.port, agent);
  });
  await Promise.all(agents.map((each) => each.run(bodies / AGENTS)));
  agent.destroy();
  // The server hears of a close in another turn.
  await t.waitFor(() => {
    assert.equal(served.size(), 0);
  });
  const alarming = served.lines.filter(
    ({ level, message }) => level === 'error' && !MEANT.has(message),
  );
  assert.deepEqual(alarming, []);
}

test(`whatever ${BODIES} bodies and headers say, each is answered rightly`, async (t) => {
  const seed = seedOf((text) => {
    t.diagnostic(text);
  });
  const dice = new Dice(seed);
  await serveAgents(t, 800, new Dice(1));
  const before = await heapBytes();
  const from = performance.now();
  for (let done = 0; done < BODIES; done += BODIES_PER_WORKER) {
    // Workers come after one another, so that what is left over is of them.
    // oxlint-disable-next-line no-await-in-loop -- see above
    await serveAgents(t, Math.min(BODIES, BODIES_PER_WORKER), dice);
  }
  const seconds = (performance.now() - from) / 1_000;
  const growth = (await heapBytes()) - before;
  t.diagnostic(`${seconds.toFixed(1)} s, heap grew by ${growth} bytes`);
  assert.ok(growth < GROWTH_BYTES_MAX, `FUZZ_SEED=${seed}, the heap grew by ${growth} bytes`);
});

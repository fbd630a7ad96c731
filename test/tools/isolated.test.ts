/** What other agents notice of tools that run in threads, whatever those do: nothing. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { startMeasured } from '../degradation/measured.ts';
import type { Patient } from '../faults/patient.ts';
import { createDatabase } from '../postgres.ts';
import { callNastily } from './nasty-calls.ts';
import { SteadyCalls } from './steady-calls.ts';

const timeout = 60_000;
const WORKERS = 2;
const MEASURED_MS = 1_000;
const ATTEMPTS = 3;
const FACTOR = 2;
/**
 * Below this nobody looks. There are as many threads that compute as cores, and beside them workers, agents, Postgres and whatever
 * else the machine does: to get its turn takes a worker some of the kernel's time slices. What blocks it would take as long as
 * its calls do, a second at least.
 */
const FLOOR_MS = 50;

interface Nasty {
  readonly tool: string;
  /** How its calls may end; at least one ends in the first of these ways. */
  readonly ends: readonly string[];
  readonly agents?: number;
}

const NASTY: readonly Nasty[] = [
  { tool: 'never_settles_in_thread', ends: ['timeout'] },
  { tool: 'spins_in_thread', ends: ['timeout'] },
  { tool: 'ignores_abort_in_thread', ends: ['timeout'] },
  { tool: 'throws_late_in_thread', ends: ['ok', 'internal', 'quarantined'] },
  { tool: 'answers_too_much_in_thread', ends: ['tool_error'] },
  { tool: 'computes_in_thread', ends: ['ok'], agents: 8 },
  { tool: 'fills_heap_in_thread', ends: ['tool_error', 'quarantined'] },
  { tool: 'exits_in_thread', ends: ['internal', 'quarantined'] },
  { tool: 'pollutes_in_thread', ends: ['ok', 'quarantined'] },
  { tool: 'floods_progress_in_thread', ends: ['ok'] },
];

suite('other agents', { timeout: 180_000 }, () => {
  let opened: AsyncDisposableStack;
  let patient: Patient;
  let others: SteadyCalls;
  before(async () => {
    opened = new AsyncDisposableStack();
    const database = opened.use(await createDatabase());
    patient = opened.use(
      startMeasured(
        { DATABASE_URL: database.url, MCP_TOOLS: `${import.meta.dirname}/fixtures` },
        WORKERS,
      ),
    );
    await patient.running();
    others = opened.use(await SteadyCalls.connect(await patient.port()));
    // The first calls of a worker are slower than any later.
    await others.p99(MEASURED_MS);
  });
  after(() => opened.disposeAsync());

  for (const { tool, ends, agents = WORKERS } of NASTY) {
    test(`wait no longer while ${tool} is called, and no worker ends`, { timeout }, async (t) => {
      const port = await patient.port();
      const pids = patient.workerPids();
      const seen: string[] = [];
      const isWithin = async (attempt: number): Promise<boolean> => {
        const first = await others.p99(MEASURED_MS);
        const nasty = callNastily(port, { tool, agents, forMs: MEASURED_MS });
        const during = await others.p99(MEASURED_MS);
        seen.push(...(await nasty));
        const last = await others.p99(MEASURED_MS);
        const shown = [first, during, last].map((ms) => ms.toFixed(1));
        t.diagnostic(`attempt ${attempt}: p99 before, with it, and after: ${shown.join(', ')} ms`);
        return during <= Math.max(FACTOR * Math.max(first, last), FLOOR_MS);
      };
      let attempt = 1;
      while (!(await isWithin(attempt))) {
        assert.ok(attempt < ATTEMPTS, 'others waited longer each time');
        attempt += 1;
      }
      assert.ok(seen.includes(ends[0] ?? ''), seen.join(' '));
      assert.deepEqual(new Set(seen).difference(new Set(ends)), new Set());
      assert.deepEqual(patient.workerPids(), pids);
    });
  }
});

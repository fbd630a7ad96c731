import assert from 'node:assert/strict';
import { suite, test } from 'node:test';

import * as fc from 'fast-check';
import { AggregatorRegistry } from 'prom-client';

import type { MetricFamily } from '../../../src/shared/ipc.ts';
import {
  FAMILIES_MAX,
  MergedMetrics,
  SERIES_MAX,
} from '../../../src/supervisor/admin/merge-metrics.ts';
import { parseExposition, type Samples } from './exposition.ts';

const SLOTS = 3;
const WHICH = { slot: 0, incarnation: 1 };

async function scrape(merged: MergedMetrics): Promise<Samples> {
  return parseExposition(await AggregatorRegistry.aggregate([...merged.families()]).metrics());
}

function counter(name: string, values: ReadonlyMap<string, number>): MetricFamily {
  return {
    name,
    help: 'Counts.',
    type: 'counter',
    aggregator: 'sum',
    values: [...values].map(([tool, value]) => ({
      value,
      labels: { tool },
      metricName: undefined,
    })),
  };
}

function gauge(aggregator: string, value: number): MetricFamily {
  const values = [{ value, labels: {}, metricName: undefined }];
  return { name: `mcp_${aggregator}`, help: 'Is.', type: 'gauge', aggregator, values };
}

/** One gauge of each kind. */
function gauges(value: number): readonly MetricFamily[] {
  return ['sum', 'max', 'min', 'average'].map((aggregator) => gauge(aggregator, value));
}

/** A histogram of one bucket, as it stands after observations that all fell into it. */
function histogram(count: number): MetricFamily {
  const values = [
    { value: count, labels: { le: 1 }, metricName: 'mcp_seconds_bucket' },
    { value: count, labels: { le: '+Inf' }, metricName: 'mcp_seconds_bucket' },
    { value: count / 2, labels: {}, metricName: 'mcp_seconds_sum' },
    { value: count, labels: {}, metricName: 'mcp_seconds_count' },
  ];
  return { name: 'mcp_seconds', help: 'Takes.', type: 'histogram', aggregator: 'sum', values };
}

/** What happens to a worker: it counts calls, pushes its totals, ends, or ends while its last push is on the way. */
type Step =
  | { readonly kind: 'count'; readonly slot: number; readonly tool: string; readonly by: number }
  | { readonly kind: 'push' | 'end' | 'push-late'; readonly slot: number };

const slot = fc.nat(SLOTS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('count' as const),
    slot,
    tool: fc.constantFrom('a', 'b', 'c'),
    by: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constantFrom('push' as const, 'end' as const, 'push-late' as const), slot }),
);

/** Workers of a test, and what each has counted in all and pushed. */
class Workers {
  readonly merged = new MergedMetrics();
  /** Of each tool, what was pushed by anybody ever. */
  readonly expected = new Map<string, number>();
  readonly #running = Array.from({ length: SLOTS }, () => ({
    incarnation: 1,
    counted: new Map<string, number>(),
    pushed: new Map<string, number>(),
  }));

  take(next: Step): void {
    const worker = this.#running[next.slot];
    assert.ok(worker !== undefined);
    const which = { slot: next.slot, incarnation: worker.incarnation };
    switch (next.kind) {
      case 'count':
        worker.counted.set(next.tool, (worker.counted.get(next.tool) ?? 0) + next.by);
        return;
      case 'push':
        this.#push(which, worker);
        return;
      case 'push-late':
        this.merged.retire(which);
        this.#push(which, worker);
        this.#replace(next.slot, worker.incarnation);
        return;
      case 'end':
        this.merged.retire(which);
        this.#replace(next.slot, worker.incarnation);
    }
  }

  #push(
    which: { slot: number; incarnation: number },
    { counted, pushed }: { counted: Map<string, number>; pushed: Map<string, number> },
  ): void {
    const changed = new Map([...counted].filter(([tool, value]) => pushed.get(tool) !== value));
    this.merged.receive(which, [counter('mcp_calls_total', changed)]);
    for (const [tool, value] of changed) {
      const before = pushed.get(tool) ?? 0;
      this.expected.set(tool, (this.expected.get(tool) ?? 0) + value - before);
      pushed.set(tool, value);
    }
  }

  #replace(index: number, incarnation: number): void {
    this.#running[index] = {
      incarnation: incarnation + 1,
      counted: new Map(),
      pushed: new Map(),
    };
  }
}

suite('what workers counted', () => {
  test('is added up, never goes down, and is lost only where it died unsent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const workers = new Workers();
        const before = new Map<string, number>();
        for (const next of steps) {
          workers.take(next);
          // oxlint-disable-next-line no-await-in-loop -- each step is looked at before the next
          for (const [sample, value] of await scrape(workers.merged)) {
            assert.ok(value >= (before.get(sample) ?? 0), `${sample} went down`);
            before.set(sample, value);
          }
        }
        for (const [tool, value] of workers.expected) {
          assert.equal(before.get(`mcp_calls_total{tool="${tool}"}`), value);
        }
        assert.equal(before.size, workers.expected.size);
        assert.equal(workers.merged.dropped, 0);
      }),
      { numRuns: 100 },
    );
  });

  test('of a histogram is kept in all its parts', async () => {
    const merged = new MergedMetrics();
    for (let incarnation = 1; incarnation <= 20; incarnation += 1) {
      merged.receive({ slot: 0, incarnation }, [histogram(4)]);
      merged.retire({ slot: 0, incarnation });
    }
    merged.receive({ slot: 1, incarnation: 1 }, [histogram(1)]);
    assert.deepEqual(Object.fromEntries(await scrape(merged)), {
      'mcp_seconds_bucket{le="1"}': 81,
      'mcp_seconds_bucket{le="+Inf"}': 81,
      mcp_seconds_sum: 40.5,
      mcp_seconds_count: 81,
    });
  });

  test('by a worker long gone is not counted again', async () => {
    const merged = new MergedMetrics();
    const calls = counter('mcp_calls_total', new Map([['a', 1]]));
    for (let incarnation = 1; incarnation <= 20; incarnation += 1) {
      merged.receive({ slot: 0, incarnation }, [calls]);
      merged.retire({ slot: 0, incarnation });
    }
    merged.receive(WHICH, [calls]);
    merged.retire(WHICH);
    assert.equal((await scrape(merged)).get('mcp_calls_total{tool="a"}'), 20);
  });

  test('by a worker that drains beside its successor counts too', async () => {
    const merged = new MergedMetrics();
    const calls = counter('mcp_calls_total', new Map([['a', 1]]));
    merged.receive(WHICH, [calls]);
    for (let incarnation = 2; incarnation <= 20; incarnation += 1) {
      merged.receive({ slot: 0, incarnation }, [calls]);
      merged.retire({ slot: 0, incarnation });
    }
    merged.receive(WHICH, [counter('mcp_calls_total', new Map([['a', 5]]))]);
    assert.equal((await scrape(merged)).get('mcp_calls_total{tool="a"}'), 24);
  });
});

suite('what workers are', () => {
  test('is joined as each gauge says, and forgotten with the worker', async () => {
    const merged = new MergedMetrics();
    const other = { slot: 1, incarnation: 1 };
    merged.receive(WHICH, gauges(1));
    merged.receive(other, gauges(3));
    assert.deepEqual([...(await scrape(merged)).values()], [4, 3, 1, 2]);
    merged.retire(other);
    merged.receive(other, gauges(9));
    assert.deepEqual([...(await scrape(merged)).values()], [1, 1, 1, 1]);
  });
});

suite('a worker', () => {
  test('that makes up series costs no more than its share, and others nothing', async () => {
    const merged = new MergedMetrics();
    const many = new Map(Array.from({ length: SERIES_MAX + 7 }, (_, n) => [`t${n}`, 1]));
    merged.receive(WHICH, [counter('mcp_calls_total', many)]);
    merged.receive({ slot: 1, incarnation: 1 }, [counter('mcp_calls_total', new Map([['a', 1]]))]);
    assert.equal(merged.dropped, 7);
    const samples = await scrape(merged);
    assert.equal(samples.size, SERIES_MAX + 1);
    assert.equal(samples.get('mcp_calls_total{tool="a"}'), 1);
  });

  test('that makes up metrics is heard out to a point', async () => {
    const merged = new MergedMetrics();
    for (let n = 0; n < FAMILIES_MAX + 3; n += 1) {
      merged.receive(WHICH, [counter(`mcp_made_up_${n}`, new Map([['a', 1]]))]);
    }
    assert.equal(merged.dropped, 3);
    assert.equal((await scrape(merged)).size, FAMILIES_MAX);
  });
});

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getHeapStatistics } from 'node:v8';

import { parseFromWorker } from '../../../src/shared/ipc.ts';
import { VitalSigns } from '../../../src/worker/observe/vital-signs.ts';

const IDLE = { webSockets: 0, http: 0, inFlight: 0, oldestInFlightMs: 0 };

function blockMs(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

/** Lets the event loop turn for a while. */
function turnMs(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

suite('vital signs', () => {
  test('are a heartbeat that a supervisor understands', () => {
    const heartbeat = new VitalSigns(() => IDLE).read();
    assert.deepEqual(parseFromWorker(JSON.parse(JSON.stringify(heartbeat))), heartbeat);
    assert.equal(heartbeat.heapLimitBytes, getHeapStatistics().heap_size_limit);
    assert.ok(heartbeat.rssBytes > heartbeat.heapUsedBytes);
  });

  test('count the beats, and tell what is at work at each', () => {
    let inFlight = 0;
    const signs = new VitalSigns(() => ({ ...IDLE, inFlight: ++inFlight }));
    const beats = [signs.read(), signs.read(), signs.read()];
    assert.deepEqual(
      beats.map(({ sequence }) => sequence),
      [1, 2, 3],
    );
    assert.deepEqual(
      beats.map((beat) => beat.inFlight),
      [1, 2, 3],
    );
  });

  test('tell of a loop that was blocked since the last beat, and of that one alone', async () => {
    const signs = new VitalSigns(() => IDLE);
    await turnMs(150);
    signs.read();
    // The first measure after a beat only begins to measure.
    await turnMs(150);
    blockMs(300);
    await turnMs(150);
    const blocked = signs.read();
    assert.ok(blocked.loopDelayP99Ms > 100, String(blocked.loopDelayP99Ms));
    assert.ok(blocked.utilization > 0.4 && blocked.utilization <= 1, String(blocked.utilization));
    // Others may take the processor for a moment, but hardly as long as we did.
    await turnMs(300);
    assert.ok(signs.read().utilization < blocked.utilization);
  });
});

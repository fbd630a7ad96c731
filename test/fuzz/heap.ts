import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** The bytes that are held on to, once all that nobody needs is gone. What waits for a turn, or a finalizer, is let run. */
export async function heapBytes(): Promise<number> {
  assert.ok(typeof collect === 'function');
  for (let round = 0; round < 6; round += 1) {
    collect();
    // What is collected in one turn may let go of more in the next.
    // oxlint-disable-next-line no-await-in-loop -- see above
    await turn();
  }
  return process.memoryUsage().heapUsed;
}

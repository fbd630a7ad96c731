/** Where a thread begins. */
import { setPriority } from 'node:os';

import type { Outcome, Task } from './task.ts';

/** Whoever computes long gives way to whoever answers soon. */
const NICENESS = 5;

// Node has read it by now.
// oxlint-disable-next-line no-restricted-properties -- it is the thread's own, and tools find it empty
delete process.env.NODE_COMPILE_CACHE;
// Elsewhere it would be the priority of the whole process.
if (process.platform === 'linux') setPriority(NICENESS);
// To load all the rest takes most of what it costs to start, and is not to hold up anybody either.
const serving = import('./serve.ts');
serving.catch(() => undefined);

/** Runs one call. What the call says on its way goes to its port. Rejects only if the thread could not be made ready. */
export async function serve(task: Task): Promise<Outcome> {
  return (await serving).serve(task);
}

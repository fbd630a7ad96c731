import { fstatSync } from 'node:fs';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const STDIN = 0;
/** The thread does little; V8 would give it far more. */
const MEMORY = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

/**
 * Ends this process, and what tools started, when whoever started it is gone: its stdin is held open by them until then.
 * A thread looks, for what is loaded may keep this one busy for ever. Who starts it by hand ends it by hand.
 */
export function endWithStarter(): void {
  if (!fstatSync(STDIN).isSocket()) return;
  // Compiled for npm, it lies beside us under another extension.
  const file = new URL(`orphan-thread${extname(import.meta.url)}`, import.meta.url);
  new Worker(file, { execArgv: [], env: {}, resourceLimits: MEMORY }).unref();
}

import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';

import type { ProofEntry } from '../../../src/shared/proof.ts';
import type { SupervisorEvent } from '../../../src/supervisor/events.ts';
import { Generations } from '../../../src/supervisor/generations/generations.ts';
import {
  ToolsReload,
  type ToolsReloadOptions,
} from '../../../src/supervisor/generations/tools-reload.ts';
import { recordLog } from '../../worker/recorded-log.ts';
import { makeFolders } from './generations-folder.ts';
import { proofOf } from './proofs.ts';
import { DoubleWorker } from './serving-workers.ts';

/** What the file defines. */
export const tool: ProofEntry = {
  kind: 'tool',
  name: 'add',
  description: undefined,
  scope: undefined,
  source: '/tools/add.ts',
  definition: 'of 1',
  told: undefined,
};
const DEADLINE_MS = 20_000;

/** Tools of one file, two workers that serve them, and all that is done about it. */
export function setUp(options: Partial<ToolsReloadOptions> = {}) {
  const folders = makeFolders();
  folders.write('add.ts', '1');
  const { log } = recordLog();
  const generations = new Generations({ stateFolder: folders.stateFolder, now: Date.now, log });
  generations.open([folders.tools]);
  generations.noteServed();
  const first = generations.current.id;
  const workers = [new DoubleWorker(0, first), new DoubleWorker(1, first)];
  const events: SupervisorEvent[] = [];
  const announced: (readonly string[])[] = [];
  const proofs = new Map([[first, proofOf(first, [tool])]]);
  const heard = new EventTarget();
  const stopping = new AbortController();
  const state = { isReplacing: false };
  const reload = new ToolsReload({
    generations,
    paths: () => [folders.tools],
    prove: async (generation) => {
      const proof = proofOf(generation, [{ ...tool, definition: `of ${generation}` }]);
      proofs.set(generation, proof);
      return proof;
    },
    findProof: (generation) => proofs.get(generation),
    workers: () => workers.filter(({ isServing }) => isServing),
    isReplacing: () => state.isReplacing,
    announce: (lists) => announced.push(lists),
    deadlineMs: DEADLINE_MS,
    stopping: stopping.signal,
    emit: (event) => {
      events.push(event);
      heard.dispatchEvent(new Event(event.type));
    },
    ...options,
  });
  const join = (worker: DoubleWorker): void => {
    worker.say = (said) => {
      reload.heed(said, worker);
    };
    if (!workers.includes(worker)) workers.push(worker);
  };
  for (const worker of workers) join(worker);
  return {
    folders,
    generations,
    reload,
    workers,
    events,
    announced,
    proofs,
    first,
    state,
    stopping,
    join,
    types: () => events.map(({ type }) => type),
    /** Resolves when that has happened, and the next may be ordered. */
    until: async (type: SupervisorEvent['type']) => {
      await once(heard, type);
      if (type === 'tools_reload_started') return;
      while (reload.snapshot().reloading) await turn();
    },
    [Symbol.dispose]: () => {
      stopping.abort();
      folders[Symbol.dispose]();
    },
  };
}

/** What a thread does: calls of tools, one after the other. Wired by itself: what it is started with is all it has. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { workerData } from 'node:worker_threads';

import { Failure } from '../../../shared/errors.ts';
import { importKept, installKeptModules } from '../load/kept-modules.ts';
import { COMMON, Prototypes } from '../prototypes.ts';
import { isTool, type Tool } from '../tool.ts';
import { encodeOutput } from './output.ts';
import { encodeError } from './sent-error.ts';
import type { Answered, Outcome, Spoilt, Task, ThreadSettings } from './task.ts';
import { contextIn, tellLate } from './thread-context.ts';

/** Of what was changed, so many are named. */
const NAMED_MAX = 10;

interface RunningCall {
  readonly tool: string;
  readonly fail: (thrown: unknown) => void;
  isOver: boolean;
  hasThrown: boolean;
}

// The worker starts us with just this.
const { resultBytesMax }: ThreadSettings = workerData;
/** Which call the code that runs just now belongs to. */
const current = new AsyncLocalStorage<RunningCall>();
const tools = new Map<string, Tool>();
let prototypes = new Prototypes(COMMON);

installKeptModules();
process.on('uncaughtException', (thrown) => {
  const call = current.getStore();
  if (call === undefined || call.isOver) {
    tellLate(call?.tool, thrown);
    return;
  }
  call.hasThrown = true;
  call.fail(thrown);
});

/** Runs one call. Never throws. What the call says on its way goes to its port. */
export async function serve(task: Task): Promise<Outcome> {
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const call: RunningCall = { tool: task.tool, fail, isOver: false, hasThrown: false };
  let answered: Answered;
  try {
    const tool = await findTool(task);
    answered = await current.run(call, () => Promise.race([run(tool, task), failed]));
  } catch (error) {
    answered = { kind: 'bug', error: encodeError(error) };
  }
  call.isOver = true;
  return { ...answered, spoilt: spoiltBy(call) };
}

async function run(tool: Tool, task: Task): Promise<Answered> {
  try {
    const output = await tool.run(task.given, contextIn(task));
    const encoded = encodeOutput(output, resultBytesMax);
    return encoded === undefined ? { kind: 'too-large' } : { kind: 'output', output: encoded };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { code, message, retryAfterMs } = error;
    return { kind: 'failure', code, message, retryAfterMs };
  }
}

function spoiltBy({ hasThrown }: RunningCall): Spoilt | undefined {
  if (hasThrown) return { why: 'threw' };
  // It is undone, and not to be relied on: what was replaced may be what undid it.
  const changed = prototypes.restore().slice(0, NAMED_MAX);
  return changed.length === 0 ? undefined : { why: 'polluted', changed };
}

/** A thread is of one version, and each file is imported once. */
async function findTool({ file, exportName }: Task): Promise<Tool> {
  const key = `${file.path}\0${exportName}`;
  const known = tools.get(key);
  if (known !== undefined) return known;
  const tool = (await importKept(file))[exportName];
  if (!isTool(tool))
    throw new TypeError(`${file.path} exports no tool "${exportName}" in a thread`);
  tools.set(key, tool);
  // What a module changes when it is loaded is its own.
  prototypes = new Prototypes(COMMON);
  return tool;
}

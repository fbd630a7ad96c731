import { Failure } from '../shared/errors.ts';
import type { Logger } from '../shared/logger.ts';
import type { Fault } from '../shared/proof.ts';
import { type CallContext, contextDuring } from './domain/context.ts';
import { inTime } from './domain/in-time.ts';
import type { Principal } from './domain/principal.ts';
import type { CallTool, RunCall } from './tools/call-tool.ts';
import { LoadFailure } from './tools/load/load-failure.ts';
import type { RegisteredTool } from './tools/registry.ts';

export interface SelfTestOptions {
  readonly callTool: CallTool;
  /** How long one may take. */
  readonly msMax: number;
  readonly log: Logger;
}

/** How long one may take: a save waits for it, and a start. */
export const SELF_TEST_MS_MAX = 10_000;
/** As many as a database has connections for beside what agents ask of it. */
const AT_ONCE = 4;
/** Nobody's own, and allowed everything: what is tried is the tool, and not who may call it. */
const TRIER: Principal = { id: 'self-test', scopes: 'all' };
const runCall: RunCall = (_tool, _given, work) => work();

/** Lets each tool try itself that says how. Resolves with those that are not fit, and why. */
export async function runSelfTests(
  tools: readonly RegisteredTool[],
  options: SelfTestOptions,
): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  const waiting = tools.filter(({ tool }) => tool.selfTest !== undefined).values();
  const work = async (): Promise<void> => {
    for (const registered of waiting) {
      // oxlint-disable-next-line no-await-in-loop -- so many at once, and no more
      faults.push(...(await trySelf(registered, options)));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return faults;
}

async function trySelf(
  registered: RegisteredTool,
  { callTool, msMax, log }: SelfTestOptions,
): Promise<readonly Fault[]> {
  const { tool, facilities, origin } = registered;
  const { name, selfTest } = tool;
  try {
    await inTime(
      `The selfTest of "${name}"`,
      msMax,
      new AbortController().signal,
      async (deadline) => {
        const context: CallContext = { ...quiet(log), cancellation: deadline.signal };
        const call = (given: Readonly<Record<string, unknown>>): ReturnType<CallTool> =>
          callTool(registered, given, context, runCall);
        await selfTest?.(call, contextDuring(context, deadline, facilities));
      },
    );
    return [];
  } catch (error) {
    // A call withholds what it did not foresee from agents. Whoever wrote the tool is to read it.
    const reason = error instanceof Failure && error.code === 'internal' ? error.cause : error;
    // What is declared, and not programmed, knows where it is wrong.
    if (reason instanceof LoadFailure) {
      return reason.faults.map((fault) => ({ ...fault, subject: name }));
    }
    const text = reason instanceof Error ? reason.message : String(reason);
    const message = `fails its selfTest: ${text}`;
    const { source: file } = origin;
    return [{ file, line: undefined, column: undefined, subject: name, message }];
  }
}

/** The context of a call that nobody made, where nobody listens and nobody answers. */
function quiet(log: Logger): Omit<CallContext, 'cancellation'> {
  return {
    principal: TRIER,
    trace: undefined,
    log,
    progress: async () => undefined,
    message: async () => undefined,
    ask: () => Promise.reject(new Failure('conflict', 'Nobody can be asked by a selfTest')),
    announce: async () => undefined,
    release: async () => undefined,
  };
}

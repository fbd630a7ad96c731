import { Failure } from '../../shared/errors.ts';
import { holdsScope } from '../domain/principal.ts';
import type { RegisteredTool } from './registry.ts';
import type { ToolContext, ToolOutput } from './tool.ts';

/** What a call comes to (MCP 2025-11-25, schema: `CallToolResult`). */
export interface ToolResult {
  readonly content: readonly { readonly type: 'text'; readonly text: string }[];
  readonly structuredContent?: object;
  readonly isError?: true;
}

/** Failures that a model can do something about. It reads of them in a result; of others it only learns a code. */
const MENDABLE: ReadonlySet<string> = new Set(['invalid', 'not-found', 'conflict']);

/**
 * Runs a tool for a caller. A failure the model can mend comes back as a result
 * with `isError`; one it cannot is thrown, for the protocol to answer.
 */
export async function callTool(
  { tool, db, checkArguments, checkOutput }: RegisteredTool,
  given: unknown,
  context: Omit<ToolContext, 'db'>,
): Promise<ToolResult> {
  if (!holdsScope(context.principal, tool.scope)) {
    throw new Failure('forbidden', `${tool.name} needs the scope ${tool.scope}`);
  }
  const fault = checkArguments(given);
  if (fault !== undefined) return failed(fault);

  const deadline = AbortSignal.timeout(tool.timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  try {
    const output = await endingWith(signal, tool.run(given, { ...context, db, signal }));
    const flaw = checkOutput?.(output);
    if (flaw !== undefined) throw new Error(flaw);
    return succeeded(output);
  } catch (error) {
    if (context.signal.aborted) throw new Failure('cancelled', 'Cancelled', { cause: error });
    if (deadline.aborted) {
      throw new Failure('timeout', `${tool.name} took over ${tool.timeoutMs} ms`, { cause: error });
    }
    const failure = Failure.from(error);
    if (MENDABLE.has(failure.code)) return failed(failure.message);
    throw failure;
  }
}

/** Settles as `work` does, or rejects when the signal aborts: a tool may not listen to it. */
async function endingWith<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
  };
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function succeeded(output: ToolOutput): ToolResult {
  if (typeof output === 'string') return { content: [{ type: 'text', text: output }] };
  return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
}

function failed(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

import { Failure } from '../../shared/errors.ts';
import { inTime } from '../../shared/in-time.ts';
import { assertJson } from '../../shared/json.ts';
import { type Context, contextDuring } from '../domain/context.ts';
import { InputRequired } from '../domain/question.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import type { RegisteredTool } from './registry.ts';
import type { Check } from './schema.ts';
import type { ToolOutput } from './tool.ts';
import { isWholeResult } from './tool-result.ts';

/** Failures that a model can do something about. It reads of them in a result; of others it only learns a code. */
const MENDABLE: ReadonlySet<string> = new Set(['invalid', 'not-found', 'conflict']);

/** Does the work of a call, and knows of it meanwhile; or rejects with a `Failure`, and the work is not begun. */
export type RunCall = <Result>(
  tool: string,
  given: unknown,
  work: () => Promise<Result>,
) => Promise<Result>;

/**
 * Runs a tool for a caller. A failure the model can mend comes back as a result
 * with `isError`; one it cannot is thrown, for the protocol to answer.
 */
export async function callTool(
  registered: RegisteredTool,
  given: Readonly<Record<string, unknown>>,
  context: Omit<Context, 'db'>,
  runCall: RunCall,
): Promise<ToolResult> {
  const { name } = registered.tool;
  // A pattern in its schema may be what blocks us, so that the check belongs to the call.
  return runCall(name, given, () => checkAndRun(registered, given, context));
}

async function checkAndRun(
  { tool, db, checkArguments, checkOutput }: RegisteredTool,
  given: Readonly<Record<string, unknown>>,
  context: Omit<Context, 'db'>,
): Promise<ToolResult> {
  const fault = checkArguments(given);
  if (fault !== undefined) return failed(fault);

  try {
    return await inTime(tool.name, tool.timeoutMs, context.signal, async (deadline) => {
      const output = await tool.run(given, contextDuring(context, deadline, db));
      return succeeded(output, checkOutput);
    });
  } catch (error) {
    if (error instanceof InputRequired) throw error;
    const failure = Failure.from(error);
    if (MENDABLE.has(failure.code)) return failed(failure.message);
    throw failure;
  }
}

function succeeded(output: ToolOutput, check: Check | undefined): ToolResult {
  assertJson(output);
  if (isWholeResult(output)) {
    if (output.isError !== true) holdTo(check, output.structuredContent);
    return output;
  }
  holdTo(check, output);
  if (typeof output === 'string') return { content: [{ type: 'text', text: output }] };
  // TypeScript would not have it; JavaScript does.
  if (typeof output !== 'object' || output === null) {
    throw new TypeError('A tool answers a text, an object or a whole result');
  }
  return { content: [{ type: 'text', text: JSON.stringify(output) }], structuredContent: output };
}

/** What a tool said that it answers, it has to answer. */
function holdTo(check: Check | undefined, output: unknown): void {
  const flaw = check?.(output);
  if (flaw !== undefined) throw new Error(flaw);
}

function failed(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}

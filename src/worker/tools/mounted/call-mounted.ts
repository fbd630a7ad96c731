import { Failure } from '../../../shared/errors.ts';
import { isNumber, isString } from '../../../shared/shape.ts';
import type { Context } from '../../domain/context.ts';
import type { MirroredArgument } from '../../domain/mirrored-argument.ts';
import { RpcCode, RpcError } from '../../protocol/errors.ts';
import type { Params } from '../../protocol/frame.ts';
import { ToolError } from '../tool-error.ts';
import { toolResult, type WholeResult } from '../tool-result.ts';
import type { Link } from './link.ts';
import type { MountedOutcome } from './observer.ts';
import { asksBack, parseToolResult } from './parse-result.ts';

export interface CallOverOptions {
  /** Its server, as callers are told. */
  readonly server: string;
  /** The tool, as its server calls it. */
  readonly name: string;
  readonly mirrored: readonly MirroredArgument[];
  readonly onEnd: (outcome: MountedOutcome) => void;
}

const MESSAGE_LENGTH_MAX = 1_000;

/**
 * Calls a tool of another server. What it answers is data, and passes; what it says of an error is a text that nobody
 * checked and that no result is marked to hold, and does not: callers learn the code.
 */
export async function callOver(
  link: Link,
  given: Params,
  context: Context,
  { server, name, mirrored, onEnd }: CallOverOptions,
): Promise<WholeResult> {
  const { signal } = context;
  try {
    const onProgress = progressTo(context);
    const answer = await link.call(name, given, { signal, mirrored, onProgress });
    if (asksBack(answer)) throw malformed(`The server "${server}" asks for what it cannot be told`);
    const result = parseToolResult(answer);
    if (result === undefined) throw malformed(`The server "${server}" answers what is no result`);
    onEnd(result.isError === true ? 'tool_error' : 'ok');
    return toolResult(result);
  } catch (error) {
    onEnd(outcomeOf(error, signal));
    if (!(error instanceof RpcError)) throw error;
    const { code } = error;
    const text =
      code === RpcCode.InvalidParams
        ? `The server "${server}" does not take these arguments (${code})`
        : `The server "${server}" answers with the error ${code}`;
    throw new ToolError(text, { cause: new Error(`${name} failed with ${code}`) });
  }
}

/** Passes on how far it is, one thing after the other: of what comes while one is being sent, the last. */
function progressTo({ progress: report }: Context): (params: Params) => void {
  let last = Number.NEGATIVE_INFINITY;
  let isSending = false;
  let waiting: Params | undefined;
  const send = ({ progress, total, message }: Params): void => {
    if (!isNumber(progress) || progress <= last) return;
    last = progress;
    isSending = true;
    const text = isString(message) ? message.slice(0, MESSAGE_LENGTH_MAX) : undefined;
    void report(progress, isNumber(total) ? total : undefined, text)
      // Whoever asked is gone, and the call hears of it by its signal.
      .catch(() => undefined)
      .finally(() => {
        isSending = false;
        const next = waiting;
        waiting = undefined;
        if (next !== undefined) send(next);
      });
  };
  return (params) => {
    if (isSending) waiting = params;
    else send(params);
  };
}

/** An answer that cannot be passed on. The model is told, for to call it in the same way again helps nobody. */
function malformed(text: string): ToolError {
  return new ToolError(text);
}

function outcomeOf(error: unknown, signal: AbortSignal): MountedOutcome {
  if (signal.aborted) return 'aborted';
  if (error instanceof RpcError) return 'refused';
  if (error instanceof ToolError) return 'malformed';
  return error instanceof Failure ? 'unavailable' : 'malformed';
}

import type { FailureCode } from '../shared/errors.ts';

/** How a command ends that asks a running Holdfast. The numbers are those of the MCP Inspector's CLI. */
export const AskExit = {
  Answered: 0,
  /** The command line or a variable is wrong. */
  Usage: 1,
  /** We may not ask: the token is missing or wrong. */
  Unauthorized: 3,
  /** Nobody answers, or something else than Holdfast. */
  Unreachable: 4,
  /** A tool failed, or is not fit to be served. */
  ToolError: 5,
} as const;

/** One of the codes above. */
export type AskExit = (typeof AskExit)[keyof typeof AskExit];

const OF_FAILURES: Partial<Record<FailureCode, AskExit>> = {
  invalid: AskExit.Usage,
  unauthorized: AskExit.Unauthorized,
  forbidden: AskExit.Unauthorized,
  conflict: AskExit.ToolError,
};

/** How such a command ends that failed. */
export function askExitOf(code: FailureCode): AskExit {
  return OF_FAILURES[code] ?? AskExit.Unreachable;
}

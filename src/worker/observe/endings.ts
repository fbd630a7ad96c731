import { RpcCode } from '../protocol/errors.ts';
import { isRecord, type Response } from '../protocol/frame.ts';

/** How a call of a tool may end, as it is counted. */
type ToolOutcome =
  | 'ok'
  | 'tool_error'
  | 'invalid'
  | 'forbidden'
  | 'limited'
  | 'timeout'
  | 'cancelled'
  | 'unavailable'
  | 'quarantined'
  | 'internal';

/** A label's value for what callers made up. */
export const OTHER = '_other';

const OUTCOMES: Readonly<Record<number, ToolOutcome>> = {
  [RpcCode.InvalidRequest]: 'invalid',
  [RpcCode.InvalidParams]: 'invalid',
  [RpcCode.Conflict]: 'invalid',
  [RpcCode.Unauthorized]: 'forbidden',
  [RpcCode.Forbidden]: 'forbidden',
  [RpcCode.Limited]: 'limited',
  [RpcCode.Unavailable]: 'unavailable',
  [RpcCode.Timeout]: 'timeout',
  422: 'quarantined',
};

/** Codes with which a socket is closed when all is well (RFC 6455 §7.4.1). */
const CLOSED_WELL: ReadonlySet<number> = new Set([1000, 1001, 1005, 1012]);
/** The others that are labels. An agent may make up its own. */
const CLOSE_CODES: ReadonlySet<number> = new Set([1002, 1003, 1006, 1007, 1008, 1009, 1011, 1013]);

/** What went wrong, or nothing. The kinds and codes of errors are all ours, and few. */
export function errorTypeOf(response: Response): string {
  if ('result' in response) return isToolError(response.result) ? 'tool_error' : '';
  const { code, data } = response.error;
  return isRecord(data) && typeof data.kind === 'string' ? data.kind : String(code);
}

/** As what a call of a tool is counted. */
export function outcomeOf(response: Response): ToolOutcome {
  if ('result' in response) return isToolError(response.result) ? 'tool_error' : 'ok';
  return OUTCOMES[response.error.code] ?? 'internal';
}

function isToolError(result: object): boolean {
  return 'isError' in result && result.isError === true;
}

/** What was wrong with the end of a socket, or nothing. */
export function closeErrorOf(code: number): string {
  if (CLOSED_WELL.has(code)) return '';
  return CLOSE_CODES.has(code) ? String(code) : OTHER;
}

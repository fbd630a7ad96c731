import { RpcCode, RpcError } from './errors.ts';

/** What tells a request from others in flight on the same connection. */
export type RequestId = string | number;
/** Parameters are always named: an object, never an array. */
export type Params = Readonly<Record<string, unknown>>;

/** A request as it crosses the wire (JSON-RPC 2.0 §4; MCP 2025-11-25, basic: `id` is a string or an integer). */
export interface Request {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
}

/** A request that wants no answer. */
export type Notification = Omit<Request, 'id'>;

/** An answer as it crosses the wire. Its `id` is left out where the request's could not be read. */
export type Response =
  | { readonly jsonrpc: '2.0'; readonly id: RequestId; readonly result: object }
  | {
      readonly jsonrpc: '2.0';
      readonly id?: RequestId;
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
    };

/** What we send. */
export type Outgoing = Response | Notification;

/** What a frame turned out to be. */
export type Frame =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'notification'; readonly notification: Notification }
  /** An answer to a request of ours. We make none yet, so it answers nothing. */
  | { readonly kind: 'response' }
  /** Without a refusal where it is a notification: those are never answered. */
  | { readonly kind: 'malformed'; readonly refusal: Response | undefined };

/** Reads one frame. What it calls a request or a notification is well-formed; for all else there is a refusal. */
export function parseFrame(text: string): Frame {
  const message = parseJson(text);
  if (message === undefined) return malformed(undefined, RpcCode.ParseError, 'Not JSON');
  if (!isRecord(message)) {
    return malformed(undefined, RpcCode.InvalidRequest, 'Expected one JSON-RPC 2.0 message');
  }
  const { jsonrpc, id, method, params = {} } = message;
  const readableId = isRequestId(id) ? id : undefined;
  if (jsonrpc !== '2.0') {
    return malformed(readableId, RpcCode.InvalidRequest, 'jsonrpc must be "2.0"');
  }
  if (method === undefined && ('result' in message || 'error' in message)) {
    return { kind: 'response' };
  }
  if (typeof method !== 'string') {
    return malformed(readableId, RpcCode.InvalidRequest, 'method must be a string');
  }
  if ('id' in message && readableId === undefined) {
    return malformed(undefined, RpcCode.InvalidRequest, 'id must be a string or an integer');
  }
  if (!isRecord(params)) {
    if (readableId === undefined) return { kind: 'malformed', refusal: undefined };
    return malformed(readableId, RpcCode.InvalidParams, 'params must be an object');
  }
  if (readableId === undefined) {
    return { kind: 'notification', notification: { jsonrpc, method, params } };
  }
  return { kind: 'request', request: { jsonrpc, id: readableId, method, params } };
}

/** JSON has fractions and MCP has no use for them in an id. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

/** An object that is no array, as JSON has it. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The answer that turns a request down. */
export function refusalOf(id: RequestId | undefined, { code, message, data }: RpcError): Response {
  return {
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    error: { code, message, ...(data === undefined ? {} : { data }) },
  };
}

function malformed(id: RequestId | undefined, code: number, message: string): Frame {
  return { kind: 'malformed', refusal: refusalOf(id, new RpcError(code, message)) };
}

/** JSON has no `undefined`, so that it can stand for "not JSON". */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
